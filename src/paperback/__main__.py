"""`python -m paperback` is the command `paperback`."""

from paperback.cli import main

main(prog_name="paperback")
