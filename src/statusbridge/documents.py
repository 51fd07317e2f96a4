"""What is printed with `--json`, answered over HTTP, and shown from there: JSON objects by name.

The one place where a value has no type: each document is described where it is made, and read by
key where it is shown, be it from this process or from a daemon.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Document: TypeAlias = dict[str, Any]
