"""Scene descriptions built in Blender and rendered by Cycles; all of this room that imports ``bpy``."""
