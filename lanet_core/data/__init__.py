"""Training and evaluation images: scenes, virtual camera, edits, downloads."""
