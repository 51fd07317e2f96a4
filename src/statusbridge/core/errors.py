"""The two ways in which a read of the world can fail; every adapter raises these and no others."""

from __future__ import annotations


class Unavailable(Exception):  # noqa: N818 - named for what is then true
    """A read failed: nothing is known. *retry_after*: seconds the server asked for, if it did."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Unauthorized(Exception):  # noqa: N818 - named for what is then true
    """The credentials were refused (401, 403): read them again before the next request."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
