"""The conversion of an image from file to file, and the worker that runs it for a parent process."""
