"""The image to convert, and what is known about it."""
