"""The demonstration as people start it: real processes, real HTTP on loopback, a real terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from statusbridge.commands.demo_stage import Folder

pytestmark = pytest.mark.process

LEFT_AS_IT_WAS = b"\x1b[?25h\x1b[?1049l"
"""Cursor shown, and the screen that was there before."""

DEMO = (sys.executable, "-m", "statusbridge", "demo")


@pytest.fixture
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which a real account is configured, with a temporary folder of its own."""
    folder = tmp_path_factory.mktemp("d")
    return {
        **os.environ,
        "TMPDIR": str(folder),
        "TERM": "xterm",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "TWILIO_API_SECRET": "real",
        "INCIDENT_API_KEY": "real",
        "STATUSBRIDGE_TWILIO__BASE_URL": "https://monitor.twilio.com",
        "STATE_DIRECTORY": "/nonexistent",
        "NOTIFY_SOCKET": "/nonexistent",
    }


def files(environ: dict[str, str]) -> Folder:
    """Return the folder of the only demonstration that was started with *environ*."""
    (folder,) = Path(environ["TMPDIR"]).iterdir()
    return Folder(folder)


def daemons(folder: Folder) -> list[str]:
    """Return the processes that run on the configuration in *folder*."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [row for row in found.stdout.splitlines() if str(folder.config) in row]


def read_to_end(terminal: int) -> bytes:
    """Return what is still written to the terminal until its last writer is gone."""
    found = b""
    try:
        while part := os.read(terminal, 65_536):
            found += part
    except OSError:  # Linux: EIO once nobody has the other side open
        pass
    return found


def test_outage_is_opened_worsened_watched_and_resolved_each_once_in_plain_lines_where_piped(
    environ: dict[str, str],
) -> None:
    began = time.monotonic()

    done = subprocess.run(
        DEMO, env=environ, capture_output=True, text=True, timeout=60, check=False
    )

    took = time.monotonic() - began
    assert (done.returncode, done.stderr) == (0, "")
    story, _, told = done.stdout.partition("\nWhat happened\n")
    posts = re.findall(r"^\d\d:\d\d:\d\dZ  page    Delays sending SMS: (.*?): “", story, re.M)
    assert posts == ["investigating, mailed", "investigating", "monitoring", "resolved, mailed"]
    assert "1 incident with 4 posts, each made once" in told
    assert "\x1b" not in done.stdout
    folder = files(environ)
    assert tomllib.loads(folder.config.read_text())["store"]["path"] == str(folder.store)
    assert folder.store.exists()
    assert '"daemon.stopped"' in folder.log.read_text()
    assert daemons(folder) == []
    assert took < 40


def test_ctrl_c_on_a_terminal_ends_the_daemon_and_keeps_the_files(environ: dict[str, str]) -> None:
    controller, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    process = subprocess.Popen(
        DEMO, env=environ, stdin=terminal, stdout=terminal, stderr=subprocess.PIPE, text=True
    )
    os.close(terminal)
    screen = b""
    while b"alerts, " not in screen:
        screen += os.read(controller, 65_536)

    process.send_signal(signal.SIGINT)

    screen += read_to_end(controller)
    _, complaint = process.communicate(timeout=20)
    os.close(controller)
    folder = files(environ)
    assert process.returncode == 130
    assert complaint == (
        f"statusbridge: ended before the story was; its files are kept in {folder.path}\n"
    )
    assert screen.endswith(LEFT_AS_IT_WAS)
    assert folder.config.exists()
    assert daemons(folder) == []


def test_daemon_shows_its_console_and_ends_with_a_demonstration_that_is_killed(
    environ: dict[str, str],
) -> None:
    process = subprocess.Popen(DEMO, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(3)]
    url = first[2].split()[-1]
    with urllib.request.urlopen(url, timeout=20) as answer:
        page = answer.read().decode()

    process.kill()

    process.communicate(timeout=20)
    assert "ready" in first[1]
    assert "It works" in page
    folder = files(environ)
    deadline = time.monotonic() + 15
    while daemons(folder):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    # Whether it also says goodbye is not certain: Linux tells it of each thread that is gone.
    assert '"daemon.started"' in folder.log.read_text()


def test_demonstration_whose_daemon_fails_says_why_and_where_its_files_are(
    environ: dict[str, str],
) -> None:
    too_long_for_a_socket = Path(environ["TMPDIR"]) / ("x" * 100)
    too_long_for_a_socket.mkdir()
    environ["TMPDIR"] = str(too_long_for_a_socket)

    done = subprocess.run(
        DEMO, env=environ, capture_output=True, text=True, timeout=60, check=False
    )

    folder = files(environ)
    assert done.returncode == 1
    assert done.stderr == (
        f"statusbridge: the demonstration failed: the daemon ended by itself: "
        f"{folder.last_words()}. Its files are kept in {folder.path}\n"
    )
    assert "socket" in folder.last_words()
    assert "What happened" not in done.stdout
