"""What a classifier says of whole photos and films, without PyTorch."""
