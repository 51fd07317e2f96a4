from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge import secrecy
from statusbridge.secrecy import holds_secret, remember, without_secrets

PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)
WAYS: tuple[Callable[[str], str], ...] = (
    str,
    repr,
    lambda secret: repr(secret.encode()),
    lambda secret: repr([secret]),
    json.dumps,
    lambda secret: json.dumps({"why": repr(secret.encode())}),
    quote,
    quote_plus,
    lambda secret: quote(secret, safe=""),
    lambda secret: re.sub("%..", lambda found: found[0].lower(), quote(secret, safe="")),
    lambda secret: b64encode(secret.encode()).decode(),
    lambda secret: urlsafe_b64encode(secret.encode()).decode(),
    lambda secret: f"https://user:{quote(secret, safe='')}@example.com/?a={quote_plus(secret)}",
)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Leave the process's memory of secrets as it was found."""
    forms, order = dict(secrecy._forms), list(secrecy._longest_first)
    yield
    secrecy._forms.clear()
    secrecy._forms.update(forms)
    secrecy._longest_first[:] = order


@given(PRINTABLE, st.sampled_from(WAYS), st.text(max_size=20), st.text(max_size=20))
def test_secret_is_cut_out_however_it_is_written(
    secret: str, way: Callable[[str], str], before: str, after: str
) -> None:
    secrecy._forms.clear()
    remember(secret)
    text = before + way(secret) + after

    shown = without_secrets(text)

    assert holds_secret(text)
    assert way(secret).strip("\"'") not in shown
    assert not holds_secret(shown.replace(secrecy.HIDDEN, ""))


def test_secret_that_was_exchanged_for_another_stays_hidden() -> None:
    remember("0ld-s3cret")
    remember("n3w-s3cret")

    assert without_secrets("0ld-s3cret, n3w-s3cret") == "…, …"


def test_secret_that_holds_another_is_cut_out_whole() -> None:
    remember("s3cret-k3y")
    remember("a-s3cret-k3y-longer")

    assert without_secrets("a-s3cret-k3y-longer s3cret-k3y") == "… …"


def test_credentials_of_a_header_are_cut_out_though_nobody_read_them() -> None:
    text = "{'Authorization': 'Basic QUNmYTpmYQ=='} Bearer inc_0123.4-5~6"

    assert without_secrets(text) == "{'Authorization': 'Basic …'} Bearer …"


@pytest.mark.parametrize("text", ["nothing of the kind", "Basic authentication", "Bearer of news"])
def test_text_without_a_secret_is_left_as_it_is(text: str) -> None:
    remember("s3cret-k3y")

    assert without_secrets(text) == text
    assert not holds_secret(text)
