"""A new project for people who installed the package: this project's own files, as they must read elsewhere."""
