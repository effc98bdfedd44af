"""What the extension reads and changes in a world's node tree."""
