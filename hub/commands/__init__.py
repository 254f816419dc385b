"""Parts of the command line, each a command of its own."""
