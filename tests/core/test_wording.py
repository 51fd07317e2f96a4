from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.wording import TITLE_LIMIT, leaks, unfit, unpublishable


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
        "+1 %, 24/7, 2 000 messages, 2 000 of 1 000 000, 100 000 000 000, 1.234.567,89 €, No. 00 7",
        "Error codes 30008, 30020–30021 and 21610; HTTP 502/503; 99,95 %; ± 5 min; 3 × 4 = 12",
        "09:30–11:30 CET, 21 November 2026, 12:03 UTC, 21/11/2026, 2026–2027, Q4/2026, 5′ 10″",
        "Messaging/SMS:US, Node.js, api.example.com, Q&A; R&D; AT&T & Co, C++, C#, 5 < 6 && 7 > 2",
        "Δt, 100 Ω, 5 µs, 20 kΩ, β-test, λ-calculus, Ελληνικά, кириллица, 🏳️\u200d🌈 ❤️ 1️⃣ © ½ ﬁne",
        "Data: none. File: none. A note [1], [beta], (see below), f(x) [a] (b), snake_case_name",
        "[status](https://status.example.com/a_(b)) and ![logo](https://example.com/l.png)",
        "4000 2026 1000 3001 and GB00 TEST 1234 5678, card ending in 1111, build 20261121.4",
    ],
)
def test_ordinary_prose_is_clean(text: str) -> None:
    assert leaks(text) == ()


HEX = "0123456789abcdef"
PROSE = """Some messages to carriers are delayed or failing since 12:03 UTC 21 November 2026 and
impact lasted 1 hour 12 minutes 24/7 +1 % 2 000 30008 99.95 % v1.2.3 SMS / WhatsApp we are
investigating – with our provider … about 5 of 10 calls (EU) #1 50 ms"""


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
        ("01 23 45 67 89", "a phone number"),
        ("06.12.34.56.78", "a phone number"),
        ("0049 30 901820", "a phone number"),
        ("(11) 91234-5678", "a phone number"),
        ("+1\u00a0(415)\u2009555\u20112671", "a phone number"),
        ("415–555–2671", "a phone number"),
        ("+１４１５５５５２６７１", "a phone number"),
        ("+٤٩٣٠٩٠١٨٢٠", "a phone number"),
        ("tel:+14155552671", "a phone number"),
        ("4111 1111 1111 1111", "a card or account number"),
        ("3782-822463-10005", "a card or account number"),
        ("NL91ABNA0417164300", "a card or account number"),
        ("GB29 NWBK 6016 1331 9268 19", "a card or account number"),
        ("ada＠example.com", "an e-mail address"),
        ("[x](javascript:alert(1))", "a private URL"),
        ("data:text/html,x", "a private URL"),
        ("file:///etc/passwd", "a private URL"),
        ("http://localhost/x", "a private URL"),
        ("https://grafana.corp/d/1", "a private URL"),
        ("https://api.svc.cluster.local:8443", "a private URL"),
        ("https://db.INTERNAL.", "a private URL"),
        ("HTTPS://user:pw@example/", "a private URL"),
        ("https://wiki", "a private URL"),
        ("https://db.internal.:8080/", "a private URL"),
        ("https://ada@例え.テスト/", "a private URL"),
        ("https://[v1.fe80::a]/", "a private URL"),
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
        ("3f2504e0-4f89-11d3-9a0c-0305e82c3301", "a token"),
        ("abcdefab-cdef-abcd-efab-cdefabcdefab", "a token"),
        ("at ::ffff:10.1.2.3", "an IP address"),
        ("10.1.2．3", "an IP address"),
        ("<b>bold</b>", "an HTML tag"),
        ("<!channel>", "an HTML tag"),
        ("<?php", "an HTML tag"),
        ("&lt;b", "an HTML tag"),
        ("&#x3c;b", "an HTML tag"),
        ("&#60;b", "an HTML tag"),
        ("<script src=x>", "an HTML tag"),
        ("a <!-- b", "an HTML tag"),
        ("<br/>", "an HTML tag"),
        ("bell\x07", "an invisible or control character"),
        ("\u202eevil", "an invisible or control character"),
        ("zero\u200bwidth", "an invisible or control character"),
        ("join\u200der", "an invisible or control character"),
        ("\ufeffmark", "an invisible or control character"),
        ("tag\U000e0041", "an invisible or control character"),
        ("private\ue000", "an invisible or control character"),
        ("private\U0010fffd", "an invisible or control character"),
        ("filler\u3164", "an invisible or control character"),
        ("half\ud83d", "an invisible or control character"),
        ("p\u0430ypal", "letters of two alphabets in one word"),
        ("S\u039cS", "letters of two alphabets in one word"),
    ],
)
def test_private_thing_is_named(text: str, found: str) -> None:
    assert leaks(text) == (found,)


def test_run_of_letters_that_turns_in_every_fifth_character_is_a_token() -> None:
    turning, calmer = "rrrrSsssTtttUuuuVvvv", "rrrrrSsssTtttUuuuVvvv"

    assert (leaks(turning), leaks(calmer)) == (("a token",), ())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("See {{ page }}", "See https://evil.example"),
        ("See {{ page }}", "See WWW.evil.example/x"),
        ("See {{ page }}", "See [us](//evil.example)"),
        ("See {{ page }}", "See [us]( </relative> )"),
        ("See {{ page }}", "See [us][1]"),
        ("{{ page }}", "[1]: //evil.example"),
        ("See https://example.com", "See https://example.com.evil.example"),
        ("[{{ page }}](https://example.com)", "[x](https://evil.example) [y](https://example.com)"),
    ],
)
def test_link_that_its_template_does_not_hold_is_unfit(source: str, text: str) -> None:
    assert "a link that its template does not hold" in unfit(source, text)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ page }}: https://example.com/a.", "Acme: https://example.com/a."),
        ("[{{ page }}](https://example.com)", "[Acme [beta]](https://example.com)"),
        ("[us][1]\n[1]: https://example.com", "[us][1]\n[1]: https://example.com"),
        ("About {{ components }}", "About API [beta] (EU), api.example.com and Node.js"),
    ],
)
def test_link_of_the_template_and_a_name_that_only_looks_like_one_are_fit(
    source: str, text: str
) -> None:
    assert unfit(source, text) == ()


def test_what_a_person_writes_may_be_as_long_as_the_page_allows_and_no_longer() -> None:
    longest = "word " * (TITLE_LIMIT // 5)

    assert unpublishable(longest, TITLE_LIMIT) == ""
    assert (
        unpublishable(f"{longest}.", TITLE_LIMIT) == "it has 201 characters, 1 to 200 are allowed"
    )


@given(st.lists(st.sampled_from(PROSE.split()), max_size=60))
def test_prose_of_a_status_page_in_any_order_is_clean(words: list[str]) -> None:
    numbers = 0
    kept = []
    for word in words:
        # Side by side, numbers may well add up to one that can be dialled.
        numbers = numbers + 1 if word[0].isdecimal() or word in {"+1", "/"} else 0
        kept += [word] if numbers < 2 else []

    assert leaks(" ".join(kept)) == ()


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
        "\n[",
        "](",
        "][ ",
        "www.",
        "&a",
        "<!",
        "4111 ",
        "AB12 ",
        "00 1",
        "01 23 ",
        "aа",
        "data:",
        "-",
    ],
)
def test_hostile_text_takes_time_linear_in_its_length(piece: str) -> None:
    text = piece * (200_000 // len(piece))

    started = time.process_time()
    unfit("", text)

    assert time.process_time() - started < 2
