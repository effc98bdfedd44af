"""Files on disk; nothing here imports Blender."""
