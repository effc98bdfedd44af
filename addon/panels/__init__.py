"""What the artist sees: one panel, drawn in three places."""
