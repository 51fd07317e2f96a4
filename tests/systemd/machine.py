"""A small Debian with its own systemd, in namespaces of this machine: `systemd-nspawn`.

It is made once, kept in $STATUSBRIDGE_MACHINE (default /var/tmp/statusbridge-machine), and started
on a layer that is thrown away, with no network but its own loopback. Needs root, debootstrap and
systemd-container.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KEPT = Path(os.environ.get("STATUSBRIDGE_MACHINE", "/var/tmp/statusbridge-machine"))
PACKAGES = "systemd,systemd-sysv,dbus,python3,python3-venv,ca-certificates,procps,util-linux"
NEEDED = ("debootstrap", "systemd-nspawn", "nsenter")
PATIENCE = 60.0
"""Seconds that anything may take; nothing takes so long by itself."""

_ASK = """
import sys, urllib.request
port, path, body = sys.argv[1:]
request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body.encode() or None)
print(urllib.request.urlopen(request, timeout=10).read().decode())
"""


@dataclass(frozen=True)
class Said:
    """How a command ended, and all it said."""

    code: int
    text: str


@dataclass(frozen=True)
class Machine:
    """A running one. *init* is its first process, as this machine numbers it."""

    init: int

    def run(self, *words: str, given: str = "") -> Said:
        """Run a command there as root, and wait for its end."""
        inside = ("nsenter", "-t", str(self.init), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w")
        usual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
        environ = (f"PATH={usual}", "LANG=C.UTF-8", "SYSTEMD_PAGER=", "COLUMNS=110")
        ended = subprocess.run(
            [*inside, "env", "-i", *environ, *words],
            input=given.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=120,
        )
        return Said(ended.returncode, ended.stdout.decode())

    def __call__(self, *words: str, given: str = "") -> str:
        """Run a command there that has to succeed; return what it said."""
        said = self.run(*words, given=given)
        assert said.code == 0, f"{' '.join(words)} ended with {said.code}:\n{said.text}"
        return said.text

    def write(self, path: str, text: str, mode: str = "0644") -> None:
        """Write a file, and the folders to it."""
        self("install", "-D", "-m", mode, "/dev/stdin", path, given=text)

    def show(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self("systemctl", "show", "-P", name, unit).strip()

    def ask(self, port: int, path: str, body: object = None) -> Any:
        """Return the JSON that is answered on a port there; with *body*, to a POST of it."""
        return json.loads(self.fetch(port, path, "" if body is None else json.dumps(body)))

    def fetch(self, port: int, path: str, body: str = "") -> str:
        """Return what is answered on a port there."""
        return self("python3", "-c", _ASK, str(port), path, body)


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what *condition* gives once it is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"nothing came of it within {seconds:.0f} s"
        time.sleep(0.1)
    return found


def prepared() -> tuple[Path, Path]:
    """Return the folder of the system, and one with wheels of this checkout and what it needs."""
    system, wheels = KEPT / "system", KEPT / "wheels"
    if not (system / "usr/lib/systemd/systemd").exists():
        shutil.rmtree(system, ignore_errors=True)
        KEPT.mkdir(parents=True, exist_ok=True)
        _call("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(system))
        for unit in ("getty.target", "console-getty.service"):
            (system / "etc/systemd/system" / unit).symlink_to("/dev/null")
    for old in wheels.glob("statusbridge-*.whl"):
        old.unlink()
    _call(sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(wheels), str(ROOT))
    return system, wheels


@contextmanager
def running(system: Path, wheels: Path) -> Iterator[Machine]:
    """Start the machine; the checkout is its /src, the wheels are its /wheels."""
    binds = (f"--bind-ro={ROOT}:/src", f"--bind-ro={wheels}:/wheels")
    quiet = ("--quiet", "--register=no", "--keep-unit", "--private-network", "--volatile=overlay")
    container = subprocess.Popen(
        ["systemd-nspawn", "--boot", f"--directory={system}", *quiet, *binds],
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield until(lambda: _booted(container.pid))
    finally:
        container.terminate()
        container.wait(PATIENCE)


def _booted(container: int) -> Machine | None:
    """Return the machine once it is up; its first process is not the container's first child."""
    for child in Path(f"/proc/{container}/task/{container}/children").read_text().split():
        machine = Machine(int(child))
        if machine.run("systemctl", "is-system-running").text.strip() in ("running", "degraded"):
            return machine
    return None


def _call(*words: str) -> None:
    ended = subprocess.run(words, capture_output=True, check=False)
    assert ended.returncode == 0, f"{words[0]} failed: {ended.stderr.decode()[-1000:]}"
