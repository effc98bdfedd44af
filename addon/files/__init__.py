"""Files on disk that the extension reads and writes; nothing here imports Blender."""
