"""A masked dataset from a folder of photos: listing, masking, writing, showing."""
