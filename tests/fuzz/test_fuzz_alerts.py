"""Whatever Twilio lists: every poll ends, by itself or by a declared error, and loses no alert."""

from __future__ import annotations

import json

from answers import DATES, JSON, TEXT, Reply, objects, replies
from hypothesis import given
from hypothesis import strategies as st
from twilio_fake import FakeTwilio
from twilio_polls import ALL, NOW, READ, SETTINGS, collected, stored

from statusbridge.adapters.twilio_monitor import TwilioMonitor
from statusbridge.core.coverage import Batch, Coverage
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import iso
from statusbridge.core.rules import Probe

PROBES = (Probe("timeout"), Probe("502", "httpResponse"))
GOOD = {"sid": "NOgood", "date_generated": "2025-10-09T08:53:00Z", "error_code": "30008"}
ALERTS = objects(
    {
        "sid": TEXT | st.from_regex(r"NO[0-9a-f]{1,8}", fullmatch=True),
        "date_generated": DATES,
        "date_created": DATES,
        "error_code": st.integers().map(str) | TEXT,
        "log_level": TEXT,
        "resource_sid": TEXT,
        "service_sid": TEXT,
        "request_url": TEXT.map(lambda text: f"https://{text}"),
        "alert_text": st.lists(st.tuples(TEXT, TEXT)).map(
            lambda pairs: "&".join(f"{key}={value}" for key, value in pairs)
        ),
    }
)
ADDRESSES = st.one_of(
    st.none(),
    TEXT,
    TEXT.map(lambda token: f"https://monitor.twilio.com/v1/Alerts?Page=1&PageToken={token}"),
    st.just("https://evil.example/v1/Alerts?PageToken=PO3"),
)
PAGES = objects(
    {"alerts": st.lists(ALERTS, max_size=4), "meta": objects({"next_page_url": ADDRESSES})}
)
ERRORS = objects({"code": st.integers() | TEXT, "message": TEXT, "detail": TEXT, "title": JSON})


def monitor(twilio: FakeTwilio) -> TwilioMonitor:
    return TwilioMonitor("prod", twilio, PROBES, SETTINGS, twilio.clock)


@given(st.lists(replies(PAGES | ERRORS), max_size=6))
async def test_any_answers_leave_a_poll_that_ends_and_the_next_one_reads_all(
    answers: list[Reply],
) -> None:
    faults = {n: lambda *_, reply=reply: reply for n, reply in enumerate(answers, 1)}
    twilio = FakeTwilio(NOW, stored(*range(NOW - 7, NOW)), tokens="offset", faults=faults)
    source = monitor(twilio)

    batches, error = await collected(source.poll(READ, ALL))
    twilio.faults.clear()
    twilio.now += (isinstance(error, Unavailable) and error.retry_after) or 0
    reached = batches[-1].coverage if batches else READ
    rest, after = await collected(source.poll(reached, ALL))

    assert after is None
    assert {f"NO{n}" for n in range(7)} <= {
        a.sid for batch in [*batches, *rest] for a in batch.alerts
    }
    assert len(twilio.asked) < 100
    assert error is None or (error.reason.isprintable() and len(error.reason) < 400)
    for batch in [*batches, *rest]:
        storable(batch, int(twilio.now))


@given(st.lists(ALERTS, max_size=6), st.integers(0, 6), TEXT)
async def test_good_alert_is_read_whatever_stands_beside_it_on_its_page(
    others: list[object], place: int, key: str
) -> None:
    entries = [*others[:place], GOOD, *others[place:]]
    page = {key: None, "alerts": entries, "meta": {"next_page_url": None, key: 1}}
    twilio = FakeTwilio(
        NOW, faults={1: lambda twilio, _: twilio.reply(200, json.dumps(page).encode())}
    )

    batches, error = await collected(monitor(twilio).poll(READ, ALL))

    assert error is None
    assert ("NOgood", 30008) in {(a.sid, a.code) for batch in batches for a in batch.alerts}
    assert len(batches[0].alerts) + batches[0].malformed == len(entries)


def storable(batch: Batch, now: int) -> None:
    """What a poll yields is of this account, can be stored and shown, and not later than *now*."""
    for alert in batch.alerts:
        assert alert.account == "prod"
        assert alert.at <= now + 30
        assert iso(alert.at)
        assert repr(alert).encode()
        assert alert.code is None or 0 <= alert.code < 10**9
    assert all(note.isprintable() for note in batch.notes)
    assert isinstance(batch.coverage, Coverage)
    assert READ.covered_until <= batch.coverage.covered_until <= now + 30
