"""`python -m statusbridge`."""

import sys

from statusbridge.cli import main

sys.exit(main())
