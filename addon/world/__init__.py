"""Node tree, lamps and settings of a world."""
