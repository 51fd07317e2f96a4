from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.wording import leaks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Some text messages are failing or delayed. We are investigating.",
        "Delivery has been normal since 2026-11-21 12:03 UTC. Impact lasted 1 hour 12 minutes.",
        "From 12:03:40 to 13:05 (09:30-11:30), 0930-1130, 21.11.2026, 2026-11-21T12:03:40Z, 11/21",
        "Error 30008 and codes 30020-30021; 1,234,567 messages; 99.95 % of 100 000; 3.14159265358",
        "Version 1.2.3, v1.2.3.4, version 10.20.30.40 and Version 1.2.3.4 are fine.",
        "See https://status.example.com, http://example.com/a?b=c#d or https://example.com:8443/.",
        "https://status.example.com/incidents/01FCNDV6P870EA6S7TK1DSYDG0 says more.",
        "https://status.example.com/i/3f2504e0-4f89-11d3-9a0c-0305e82c3301.",
        "<https://status.example.com> | a < b and c > d | 3 <5",
        "internationalization, Donaudampfschifffahrtsgesellschaft, Messaging/SMS/Voice-2026-outage",
        "sms-delivery-2026-11-21-carrier-outage_in_progress",
        "Ünïcödé, 日本語, Straße, 👩\u200d💻, می\u200cخواهم — “quoted” … 100 €",
        "Line one\n\tline two\r\n",
        "user @ example, @mention, #hashtag, ratio 4:3, note:: well, std::vector, AC/DC, ACK, NOTE",
        "+10 % more, +5 minutes, (555) tickets, 555-1234 units, 10-12-14",
    ],
)
def test_ordinary_prose_is_clean(text: str) -> None:
    assert leaks(text) == ()


HEX = "0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Message SM{HEX * 2} failed", "a SID"),
        (f"(AC{(HEX * 2).upper()})", "a SID"),
        ("Call +14155552671.", "a phone number"),
        ("Call +1 (415) 555-2671 now", "a phone number"),
        ("+49 30 901820", "a phone number"),
        ("(415) 555-2671", "a phone number"),
        ("415-555-2671", "a phone number"),
        ("415.555.2671", "a phone number"),
        ("1 415 555 2671", "a phone number"),
        ("020 7946 0958", "a phone number"),
        ("0171/1234567", "a phone number"),
        ("0800-123-4567", "a phone number"),
        ("14155552671", "a phone number"),
        ("Write to ada.lovelace+x@mail.example.com", "an e-mail address"),
        ("<a_b@example.co>", "an e-mail address"),
        ("http://localhost/x", "a private URL"),
        ("https://grafana.corp/d/1", "a private URL"),
        ("https://api.svc.cluster.local:8443", "a private URL"),
        ("https://db.INTERNAL.", "a private URL"),
        ("HTTPS://user:pw@example/", "a private URL"),
        ("https://wiki", "a private URL"),
        ("postgres://example.com/x", "a private URL"),
        ("at 10.20.30.40.", "an IP address"),
        ("at 192.168.1.1:8080", "an IP address"),
        ("fe80::1", "an IP address"),
        ("::1", "an IP address"),
        ("2001:db8::8a2e:370:7334", "an IP address"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "an IP address"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "a token"),
        ("sk_live_4242abcd", "a token"),
        ("ghp_0123456789", "a token"),
        ("AKIAIOSFODNN7EXAMPLE", "a token"),
        ("key aB3dE5fG7hI9jK1lM3nO", "a token"),
        ("digest d41d8cd98f00b204e9800998ecf8427e", "a token"),
        ("deadbeefdeadbeefdeadbeef", "a token"),
        ("id 01FCNDV6P870EA6S7TK1DSYDG0", "a token"),
        ("https://hooks.example.com/T0/aB3dE5fG7hI9jK1lM3nO5pQ7", "a token"),
        ("https://example.com/?token=aB3dE5fG7hI9jK1lM3nO", "a token"),
        ("<b>bold</b>", "an HTML tag"),
        ("<script src=x>", "an HTML tag"),
        ("a <!-- b", "an HTML tag"),
        ("<br/>", "an HTML tag"),
        ("bell\x07", "an invisible or control character"),
        ("\u202eevil", "an invisible or control character"),
        ("zero\u200bwidth", "an invisible or control character"),
        ("join\u200der", "an invisible or control character"),
        ("\ufeffmark", "an invisible or control character"),
        ("tag\U000e0041", "an invisible or control character"),
    ],
)
def test_private_thing_is_named(text: str, found: str) -> None:
    assert leaks(text) == (found,)


def test_each_thing_is_named_once_in_a_fixed_order() -> None:
    text = f"<b>ada@example.com, bob@example.com, http://10.0.0.1, 415-555-2671, SM{HEX * 2}"

    assert leaks(text) == (
        "a SID",
        "a phone number",
        "an e-mail address",
        "a private URL",
        "an IP address",
        "an HTML tag",
    )


@given(st.text(), st.sampled_from(["+14155552671", "ada@example.com", f"SM{HEX * 2}"]), st.text())
def test_private_thing_between_blanks_is_found_in_any_text(
    before: str, private: str, after: str
) -> None:
    assert leaks(f"{before} {private} {after}") != ()


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "1",
        "a@",
        "+1 ",
        "<a ",
        "sk_",
        "eyJ-",
        "a.",
        "1.",
        ":1",
        "f:",
        "aA1",
        "://",
        "a://x@",
        "-",
    ],
)
def test_hostile_text_takes_time_linear_in_its_length(piece: str) -> None:
    text = piece * (200_000 // len(piece))

    started = time.process_time()
    leaks(text)

    assert time.process_time() - started < 2
