"""What of a configuration lies open: secrets that others may read, files that others may change.

Only looks; what can't be looked at is no finding here. Nothing is refused for it: a container's
volumes and secrets often have modes that their user can't choose.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from statusbridge.config.errors import Problem
from statusbridge.config.secrets import CREDENTIALS_VARIABLE, Secret
from statusbridge.config.values import Config


def exposures(config: Config) -> tuple[Problem, ...]:
    """Return a warning for each file of *config* that is open to others than root and its user.

    The configuration first, then the secrets, then the folder of the state file.
    """
    found = (
        _changeable(config.path),
        *(exposed(secret) for secret in config.secrets),
        _open_folder(config.store_path.parent),
    )
    return tuple(problem for problem in found if problem is not None)


def exposed(secret: Secret) -> Problem | None:
    """Return a warning where others may read or change the file of *secret*."""
    path = secret.path
    found = None if path is None else _looked_at(path)
    if path is None or found is None:
        return None
    # systemd grants its unit's user a credential by an access list, shown as its group's rights:
    # https://github.com/systemd/systemd/issues/29435
    group = 0 if _is_credential(secret, path) else stat.S_IRGRP
    for what, bits in (("changed", _others_write(found)), ("read", group | stat.S_IROTH)):
        if found.st_mode & bits:
            return Problem(
                secret.where, f"file {path} may be {what} by others {_mode(found)}; expected 0600"
            )
    return None


def _is_credential(secret: Secret, path: Path) -> bool:
    directory = secret.environ.get(CREDENTIALS_VARIABLE)
    return bool(directory) and path.is_relative_to(str(directory))


def _changeable(path: Path) -> Problem | None:
    for one, name in ((path, "the file"), (path.parent, "its folder")):
        found = _looked_at(one)
        if found is None or found.st_mode & stat.S_ISVTX:
            continue
        if found.st_mode & _others_write(found):
            return Problem(
                str(path),
                f"{name} may be changed by others {_mode(found)}, who can then publish what they "
                "like and have the credentials sent to themselves; take that right from them",
            )
    return None


def _open_folder(folder: Path) -> Problem | None:
    found = _looked_at(folder)
    if found is None or not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return Problem(
        str(folder),
        f"the state folder is open to others {_mode(found)}; expected 0700: change it, or let "
        "[store] path name a folder in it, which will be made so",
    )


def _others_write(found: os.stat_result) -> int:
    """The rights to write that only others than the owner would use."""
    # A group of the owner's own, as most distributions make one for each user, is nobody else.
    return stat.S_IWOTH if found.st_gid == found.st_uid else stat.S_IWGRP | stat.S_IWOTH


def _looked_at(path: Path) -> os.stat_result | None:
    """None: it can't be."""
    try:
        return path.stat()
    except OSError:
        return None


def _mode(found: os.stat_result) -> str:
    return f"(mode {stat.S_IMODE(found.st_mode):04o})"
