"""`python -m chartgen` is the command `chartgen`."""

from chartgen.cli import main

main()
