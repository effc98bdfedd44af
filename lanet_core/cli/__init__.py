"""The `lanet` command: one module per subcommand."""
