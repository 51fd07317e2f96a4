"""A headless Chromium, driven through a pipe: what a page logs, asks for, and looks like."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATH = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
"""Of the browser; None: there is none here."""

_PATIENCE = 60
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    # Nothing may leave the machine, and no name be asked for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--remote-debugging-pipe",
)

_KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}
"""Those that do something by themselves: their number, and what they type."""

# The browser reads at 3 and writes at 4, which may be other ends of these pipes here.
_BEGIN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for place, end in zip((3, 4), ends):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


@contextmanager
def browser(folder: Path) -> Iterator[Tab]:
    """Yield an empty tab; the profile lies in *folder*, and all is ended with the block."""
    assert PATH is not None
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    begin = [sys.executable, "-IS", "-c", _BEGIN, str(to_read), str(from_write)]
    process = subprocess.Popen(
        [*begin, PATH, *_FLAGS, f"--user-data-dir={folder}", "about:blank"],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        with os.fdopen(to_write, "wb", buffering=0) as out, os.fdopen(from_read, "rb") as back:
            tab = Tab(out, back)
            yield tab
            tab.call("Browser.close", whole=True)
        process.wait(20)
    finally:
        process.kill()
        process.wait()


class Tab:
    """The one tab. *seen*: all events of the tab since it was made."""

    def __init__(self, out: Any, back: Any) -> None:
        self._out, self._back, self._number = out, back, 0
        self._session: str | None = None
        self._left = b""
        self.seen: list[dict[str, Any]] = []
        targets = self.call("Target.getTargets", whole=True)["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = self.call("Target.attachToTarget", whole=True, targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, whole: bool = False, **params: Any) -> dict[str, Any]:
        """Return the answer to *method*, of the tab or of the *whole* browser."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None and not whole:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            heard = self._next()
            if heard.get("id") == self._number:
                assert "error" not in heard, heard
                result: dict[str, Any] = heard["result"]
                return result

    def open(self, path: Path, width: int, height: int = 900, dark: bool = False) -> None:
        """Load *path* into a window of that size, and wait until all of it is there."""
        self.visit(path.resolve().as_uri(), width, height, dark)

    def visit(self, url: str, width: int, height: int = 900, dark: bool = False) -> None:
        """Load *url*, likewise."""
        self.size(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, still])
        before = len(self.seen)
        self.call("Page.navigate", url=url)
        self._loaded(before)

    def follow(self, script: str) -> None:
        """Do *script*, by which the page leads to another, and wait until all of that is there."""
        before = len(self.seen)
        self.evaluate(script)
        self._loaded(before)

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 700,
        )

    def evaluate(self, script: str) -> Any:
        """Return the value of *script* in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Move, press or release the mouse: mouseMoved, mousePressed, mouseReleased."""
        button = "none" if kind == "mouseMoved" else "left"
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def key(self, name: str) -> None:
        """Press and release a key that has a name: Tab, Enter, ArrowLeft."""
        more: dict[str, Any] = {"key": name, "code": name}
        if name in _KEYS:
            number, text = _KEYS[name]
            more |= {"windowsVirtualKeyCode": number, "text": text}
        self.call("Input.dispatchKeyEvent", type="keyDown", **more)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name)

    def type(self, text: str) -> None:
        """Put *text* where the focus is, in place of what is selected there."""
        self.call("Input.insertText", text=text)

    def press(self, selector: str) -> None:
        """Click into the middle of the first *selector*, once it is in sight."""
        place = f"document.querySelector({selector!r})"
        x, y = self.evaluate(
            f"(() => {{ {place}.scrollIntoView({{ block: 'center', behavior: 'instant' }});"
            f" const box = {place}.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y)

    def scripts(self, run: bool) -> None:
        """Let the scripts of pages *run* from the next one on, or none of them."""
        self.call("Emulation.setScriptExecutionDisabled", value=not run)

    def picture(self, whole: bool = False) -> bytes:
        """Return a PNG of the window, or of the *whole* page."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def complaints(self) -> list[str]:
        """Return what the page logged, raised or was refused so far."""
        return [
            json.dumps(one["params"])
            for one in self.seen
            if one["method"]
            in {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
        ]

    def requests(self) -> list[str]:
        """Return the address of everything that the tab has asked for."""
        return [
            one["params"]["request"]["url"]
            for one in self.seen
            if one["method"] == "Network.requestWillBeSent"
        ]

    def _loaded(self, before: int) -> None:
        while not any(one["method"] == "Page.loadEventFired" for one in self.seen[before:]):
            self._next()

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._back], [], [], _PATIENCE)
            assert ready, f"the browser has said nothing for {_PATIENCE} s"
            more = os.read(self._back.fileno(), 1 << 20)
            assert more, "the browser has ended"
            self._left += more
        line, _, self._left = self._left.partition(b"\0")
        heard: dict[str, Any] = json.loads(line)
        if "method" in heard:
            self.seen.append(heard)
        return heard
