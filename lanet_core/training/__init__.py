"""Losses, stages, the trainer and export to ONNX.

The modules that make data (``virtual_camera``, ``crops``, ``augmentation``, ``scenes``,
``display_adaptive_tmo``) are numpy only, and so is importing this package.
"""
