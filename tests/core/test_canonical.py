from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.core.canonical import canonical, same_text


@pytest.mark.parametrize(
    ("ours", "echo"),
    [
        ("We are **investigating**.", "We are __investigating__\\."),
        ("* one\n* two", "- one\n\n- two\n"),
        ("Since 12:03 UTC", "since 12:03 utc"),
        ("A\u00a0b", "a b"),
        ("ﬁxed ①", "fixed 1"),
        ("Café", "Cafe\u0301"),
        ("it's 5 < 6 & so", "it’s 5 &lt; 6 &amp; so"),
        ("See [status](https://a.example)", "See [status](<https://a.example>)"),
    ],
)
def test_text_is_known_again_after_the_page_wrote_its_markdown_anew(ours: str, echo: str) -> None:
    assert same_text(ours, echo)


@pytest.mark.parametrize(
    ("ours", "other"),
    [
        ("Since 12:03 UTC", "Since 12:04 UTC"),
        ("SMS is delayed", "SMS is delayed again"),
        ("Not fixed", "Fixed"),
        ("👍", "👎"),
        ("", "!"),
        ("Доставка", "Доставлено"),
    ],
)
def test_other_words_are_another_text(ours: str, other: str) -> None:
    assert not same_text(ours, other)


def test_text_of_signs_alone_is_itself() -> None:
    assert canonical("… — !") == ""
    assert same_text(" 👍\n", "👍")


@given(st.text(alphabet=st.characters(exclude_characters="&")))
def test_text_is_the_same_however_it_is_marked_up(text: str) -> None:
    assert same_text(text, text)
    assert canonical(f"> **{text}** \\\n") == canonical(text)
