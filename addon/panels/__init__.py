"""The panel, drawn in three places."""
