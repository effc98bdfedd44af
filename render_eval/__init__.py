"""Evaluation by rendering: methods compared by what their panoramas light. Run it by ``render_eval/run.py``."""
