"""`python -m statusbridge`."""

import sys

from statusbridge.cli import program

sys.exit(program())
