from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.config.toml_lines import Loc, key_lines


def paths(value: object, path: Loc = ()) -> set[Loc]:
    """Every path that a parsed TOML value has."""
    found: set[Loc] = {path} if path else set()
    if isinstance(value, dict):
        for key, part in value.items():
            found |= paths(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            found |= paths(part, (*path, index))
    return found


def test_each_key_stands_on_the_line_of_its_first_mention() -> None:
    text = "\n".join(
        [
            "a.b = 1",  # 1
            "[t]",  # 2
            "list = [",  # 3
            " 1,",  # 4
            " { k = 2 } ]",  # 5
            "[[r]]",  # 6
            "[r.m]",  # 7
            'x = """',  # 8
            'y = 1"""',  # 9
            "[[r]]",  # 10
            "'q r' = 3",  # 11
        ]
    )

    assert key_lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("t",): 2,
        ("t", "list"): 3,
        ("t", "list", 0): 4,
        ("t", "list", 1): 5,
        ("t", "list", 1, "k"): 5,
        ("r",): 6,
        ("r", 0): 6,
        ("r", 0, "m"): 7,
        ("r", 0, "m", "x"): 8,
        ("r", 1): 10,
        ("r", 1, "q r"): 11,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        "a = 1",
        'a = """b""""',
        "a = '''b'''''\nc = 1",
        'a = "\\\\"\nb = "\\""\n',
        "a = [ ]\nb = {}\nc = [[],\n[{}]]",
        'a = ["]", "}", \'"\']\nb = 1',
        "a = { b = { c = 1 }, d = [ { e = 1 } ] }\r\nf = +inf\r\n",
        '"" = 1\n"\\u00e9" = 2\n1234 = 3',
        "[ a . b ]\nc = 1\n[ a . d ]\n[[ a . e ]]\n[a.e.f]\ng = 1",
    ],
)
def test_every_key_that_the_parser_sees_has_a_line(text: str) -> None:
    assert set(key_lines(text)) == paths(tomllib.loads(text))


_KEY = st.sampled_from(["a", "b-c", '"d e"', "'f.g'", '"\\"#"', "1"])
_SCALAR = st.sampled_from(
    ["1", "1.5", "true", '"x = [1]"', "'#'", '"""\n[t]\n"""', "'''\na = 1'''", "07:32:00"]
)
_VALUE = st.recursive(
    _SCALAR,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda v: "[\n" + ", # c\n".join(v) + "\n]"),
        st.dictionaries(_KEY, inner, max_size=2).map(
            lambda d: "{ " + ", ".join(f"{k} = {v}" for k, v in d.items()) + " }"
        ),
    ),
    max_leaves=6,
)


@given(st.dictionaries(_KEY, _VALUE, max_size=4), st.dictionaries(_KEY, _VALUE, max_size=4))
def test_generated_files_have_a_line_for_every_key(
    top: dict[str, str], element: dict[str, str]
) -> None:
    def pairs(table: dict[str, str]) -> str:
        return "".join(f"{k} = {v}\n" for k, v in table.items())

    text = f"{pairs(top)}[[z]]\n{pairs(element)}[z.y]\n{pairs(top)}[[z]]\n{pairs(element)}"
    lines = key_lines(text)

    assert set(lines) == paths(tomllib.loads(text))
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
