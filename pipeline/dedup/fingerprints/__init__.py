"""What curation keeps of a photo: hashes, thumbnails, an aligned face, quality."""
