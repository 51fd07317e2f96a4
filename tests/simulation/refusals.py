"""What the page has refused for good, and must not be asked again as it was."""

from __future__ import annotations

import json
from collections.abc import Callable

from statusbridge.core.operations import QUIET


class Refusals:
    """Bodies that were refused. One counts from the end of the cycle that read its refusal on."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._read: set[bytes] = set()
        self._told: dict[str, str] = {}
        """By incident, what was last sent, loud or not."""

    def sends(self, body: bytes) -> bool:
        """Note that *body* leaves; return whether it was refused, and nothing else sent since."""
        subject, told = _parts(body)
        if self._told.get(subject, told) != told:
            # What the public should read was something else meanwhile: it is asked anew.
            self._forget(lambda one: _parts(one)[0] == subject)
        self._told[subject] = told
        again = body in self._known
        # Once its silent twin got lost, it may be asked anew whether everybody can be mailed.
        loud = body.replace(b'"notify_subscribers":false', b'"notify_subscribers":true')
        if loud != body:
            self._forget(lambda one: one == loud)
        return again

    def reads(self, body: bytes) -> None:
        """Note that *body* was refused."""
        self._read.add(body)

    def settle(self) -> None:
        """Note that what was read is committed."""
        self._known |= self._read
        self._read = set()

    def lose(self) -> None:
        """Forget what was read and may not have been committed."""
        self._read = set()

    def forget(self, openings: set[str]) -> None:
        """Forget what was refused of *openings*, by their keys."""
        self._forget(lambda one: _parts(one)[0] in openings)

    def _forget(self, is_meant: Callable[[bytes], bool]) -> None:
        self._known = {one for one in self._known if not is_meant(one)}
        self._read = {one for one in self._read if not is_meant(one)}


def _parts(body: bytes) -> tuple[str, str]:
    """Return which incident *body* is about, and what it tells the public of it."""
    found = json.loads(body)
    subject = found.get("status_page_incident_id") or found["idempotency_key"].removesuffix(QUIET)
    told = [
        found.get(key) for key in ("message", "incident_status", "component_statuses", "updates")
    ]
    return subject, json.dumps(told)
