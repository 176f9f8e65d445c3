"""What comes over a network: HTTP, Kaggle, and single images of the web."""
