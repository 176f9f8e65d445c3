"""What a release is checked with: the licences of what is installed, and the same bytes on every Python."""
