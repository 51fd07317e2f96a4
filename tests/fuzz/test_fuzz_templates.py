"""Whatever is written as a public text: refused in a sentence, or rendered, and soon and small."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.adapters.templates import SOURCE_LIMIT, check_template, render, variables
from statusbridge.core.wording import VARIABLES

LONGEST = 80
VALUES = dict.fromkeys(VARIABLES, "ŉ" * LONGEST)
"""As long as a value may be, of a letter that gets longer where it is put in upper case."""

PIECES = st.one_of(
    st.sampled_from(
        [
            *(f"{{{{ {name} }}}}" for name in VARIABLES),
            *(f"{{% if {name} == 'x' %}}" for name in VARIABLES),
            *("{{", "}}", "{%", "%}", "{#", "#}", "{% else %}", "{% elif status %}", "{% endif %}"),
            *(
                "status",
                "|upper",
                "|title",
                "|default('x')",
                " and ",
                " not ",
                " in ",
                "==",
                "(",
                ")",
            ),
            *(
                "'",
                '"',
                "'x'",
                "x if status else 'y'",
                "~",
                "*",
                "1e9",
                ".__class__",
                "[0]",
                "range(9)",
            ),
            *("{% raw %}", "{% endraw %}", "{% set a = status %}", "{%- ", " -%}", "\n", "\0"),
        ]
    ),
    st.text(st.characters(), max_size=5),
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_refused_in_a_sentence_or_rendered_to_a_bounded_one(source: str) -> None:
    wrong = check_template(source)

    if wrong is None:
        assert variables(source) <= set(VARIABLES)
        assert len(render(source, VALUES)) <= 3 * LONGEST * max(1, len(source))
    else:
        assert wrong.strip()


REPEATED = {
    "filter": ("{{ status", "|upper", " }}"),
    "default": ("{{ status", "|default('x')", " }}"),
    "and": ("{{ status", " and status", " }}"),
    "not": ("{{", " not", " status }}"),
    "comparison": ("{{ status", " == status", " }}"),
    "containment": ("{{ status", " in status", " }}"),
    "elif": ("{% if status %}", "{% elif status %}x", "{% endif %}"),
    "if": ("", "{% if status %}", ""),
    "whole if": ("", "{% if status %}x{% endif %}", ""),
    "choice": ("{{ ", "'a' if status else ", "'b' }}"),
    "parenthesis": ("{{ ", "(", " }}"),
    "output": ("", "{{ status }}", ""),
    "opening": ("", "{{", ""),
    "comment": ("", "{#", ""),
    "raw": ("", "{% raw %}", ""),
    "quote": ("{{ ", "'", " }}"),
    "blank": ("{{ status", " " * 10, " }}"),
}


@pytest.mark.parametrize(("begin", "part", "end"), REPEATED.values(), ids=REPEATED)
def test_longest_text_of_one_kind_is_judged_and_rendered_within_seconds(
    begin: str, part: str, end: str
) -> None:
    times = (SOURCE_LIMIT - len(begin) - len(end)) // len(part)
    source = f"{begin}{part * times}{end}"
    began = time.process_time()

    if check_template(source) is None:
        assert len(render(source, VALUES)) <= len(source) * LONGEST

    assert time.process_time() - began < 5.0
