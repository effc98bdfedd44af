"""What the artist does: one operator a file."""
