"""Training of panoLANet on the pretrained encoder, ``task = "lite"`` in a configuration."""
