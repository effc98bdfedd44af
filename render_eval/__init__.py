"""Evaluation by rendering: methods compared by what their panoramas light. Its command is ``lanet-eval``."""
