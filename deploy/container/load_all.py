"""Load every module of statusbridge, and so every library that any of them needs."""

import importlib
import pkgutil

import statusbridge

for module in pkgutil.walk_packages(statusbridge.__path__, "statusbridge."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
