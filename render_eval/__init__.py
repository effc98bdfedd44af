"""The room of evaluation by rendering: methods compared by what their panoramas light. Nothing is in it yet.

It will hold scenes and methods as data, scores and the report; only its renderer will import ``bpy``.
"""
