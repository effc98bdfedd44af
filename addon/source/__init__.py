"""The image that is converted, and what is known about it."""
