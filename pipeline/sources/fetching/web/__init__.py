"""Fetch single images from the web: politely, safely, and so that it can be interrupted."""
