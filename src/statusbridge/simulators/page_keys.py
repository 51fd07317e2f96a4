"""What the status page remembers of idempotency keys, and how many requests it still allows."""

from __future__ import annotations

from dataclasses import dataclass

from statusbridge.simulators.exchange import Headers, Reply
from statusbridge.simulators.page_payloads import PageSwitches, Refusal

_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a key: where it counts, and the body that came with it."""

    key: str
    page: str
    endpoint: str
    body: bytes

    def place(self, switches: PageSwitches) -> tuple[str, str]:
        """Return the key with what it is scoped to."""
        scopes = {"organisation": "", "page": self.page, "endpoint": self.endpoint}
        return (scopes[switches.key_scope], self.key)


class Keys:
    """Idempotency keys and the original answers. Times are epoch seconds."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[float, bytes, Reply]] = {}

    def replay(self, use: Use, switches: PageSwitches, now: float) -> Reply | None:
        """Return the original answer, as of a write that changes nothing; None: carry it out.

        Raises `Refusal`: the key is too long, or known with another body.
        """
        if switches.key_max_length is not None and len(use.key) > switches.key_max_length:
            told = f"idempotency_key is longer than {switches.key_max_length} characters"
            raise Refusal(422, "invalid_value", told, "idempotency_key")
        found = self._kept.get(use.place(switches))
        if found is None or switches.keys == "ignored":
            return None
        at, body, reply = found
        lifetime = switches.keys_forgotten_after
        if lifetime is not None and at + lifetime < now:
            return None
        if body != use.body and switches.key_other_body == "conflict":
            raise Refusal(409, "conflict", "idempotency_key was used with another body")
        return Reply(reply.status, reply.body)

    def keep(self, use: Use, switches: PageSwitches, now: float, reply: Reply) -> None:
        """Remember *reply* as the original answer."""
        self._kept[use.place(switches)] = (now, use.body, reply)


@dataclass(slots=True)
class Bucket:
    """incident.io's token bucket: a minute's worth of requests at once, refilled evenly."""

    level: float | None = None
    """Requests left; None: not used yet, full."""
    at: float = 0.0

    def take(self, limit: int, now: float) -> bool:
        """Use up one request of *limit* a minute; False: there is none left."""
        full = float(limit)
        gained = (now - self.at) * full / _MINUTE
        self.level = full if self.level is None else min(full, self.level + gained)
        self.at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def headers(self, limit: int, now: float) -> Headers:
        """Return the headers that tell of the limit; the first of X-RateLimit-Limit binds."""
        left = int(self.level or 0)
        reset = int(now + (limit - left) * _MINUTE / limit)
        return (
            ("x-ratelimit-limit", f"{limit}, {limit};window={_MINUTE}"),
            ("x-ratelimit-remaining", str(left)),
            ("x-ratelimit-used", str(limit - left)),
            ("x-ratelimit-reset", str(reset)),
        )
