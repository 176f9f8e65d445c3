"""Programs that make the committed pages and pictures of docs/."""
