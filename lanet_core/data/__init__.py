"""Scenes, virtual camera, edits and downloads for training."""
