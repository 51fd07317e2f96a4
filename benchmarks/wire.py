"""A page of alerts for the reader that only decodes: the fields that rules may ask for."""

from __future__ import annotations

import msgspec


class Entry(msgspec.Struct, gc=False):
    """An alert as it is on the wire."""

    sid: str
    date_generated: str
    date_created: str
    error_code: str | None
    log_level: str
    resource_sid: str | None
    service_sid: str | None
    request_url: str | None
    alert_text: str


class Meta(msgspec.Struct):
    """Where the next page is; None: this was the last."""

    next_page_url: str | None


class Page(msgspec.Struct):
    """One answer."""

    alerts: list[Entry]
    meta: Meta
