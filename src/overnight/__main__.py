"""`python -m overnight`."""

from overnight.cli.main import main

main()
