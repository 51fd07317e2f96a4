"""The adapters' fakes, on the path for the fuzzing of adapters too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "adapters"))
