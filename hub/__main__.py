"""`python -m hub` is the same as the command `hub`."""

from hub.cli import main

main()
