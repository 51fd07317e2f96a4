from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusbridge.adapters.templates import (
    FILTERS,
    SOURCE_LIMIT,
    UnsafeTemplateError,
    check_template,
    render,
    variables,
)
from statusbridge.core.wording import VARIABLES

VALUES = {name: f"<{name}>" for name in VARIABLES}
CLOSED = "is not allowed in a public text; expected plain text, variables and if"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("", ""),
        ("Plain text, 100 % as it is.", "Plain text, 100 % as it is."),
        ("{{ components }} since {{ started_at }}", "<components> since <started_at>"),
        ("{# no one sees this #}Over.", "Over."),
        ("{{ page | upper }} {{ page|default('x') }}", "<PAGE> <page>"),
        ("{% if status == 'full_outage' %}a{% elif status %}b{% else %}c{% endif %}", "b"),
        ("{{ 'a' if 'page' in page and not status == 'x' else 'b' }}", "a"),
        ("{{ quiet_since|default('soon', true) }}", "<quiet_since>"),
    ],
)
def test_allowed_template_is_rendered(source: str, shown: str) -> None:
    assert check_template(source) is None
    assert render(source, VALUES) == shown


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("{{ range(9) }}", f"a call {CLOSED}"),
        ("{{ page.upper() }}", f"a call {CLOSED}"),
        ("{{ page.__class__ }}", f"an attribute {CLOSED}"),
        ("{{ page['x'] }}", f"an index {CLOSED}"),
        ("{% for c in page %}{{ page }}{% endfor %}", f"a loop {CLOSED}"),
        ("{% macro m() %}{% endmacro %}", f"a macro {CLOSED}"),
        ("{% set page = 'x' %}", f"an assignment {CLOSED}"),
        ("{% include 'x' %}", f"an include {CLOSED}"),
        ("{% import 'x' as page %}", f"an import {CLOSED}"),
        ("{% from 'x' import page %}", f"an import {CLOSED}"),
        ("{% extends 'x' %}", f"inheritance {CLOSED}"),
        ("{% block x %}{% endblock %}", f"a block {CLOSED}"),
        ("{{ 'a' * 1000000000 }}", f"arithmetic {CLOSED}"),
        ("{{ page ~ page }}", f"concatenation {CLOSED}"),
        ("{{ page is defined }}", f"a test {CLOSED}"),
        ("{{ [page] }}", f"this construct (List) {CLOSED}"),
        ("{{ 5 }}", "5 is not text; values are text: put it in quotes"),
        (
            "{{ status < 'x' }}",
            "text has no order here; expected a comparison by ==, !=, in or not in",
        ),
        (
            "{{ page|attr('x') }}",
            'filter "attr" is not allowed; expected one of ' + ", ".join(FILTERS),
        ),
        (
            "{{ page|uper }}",
            f'filter "uper" is not allowed; expected one of {", ".join(FILTERS)}; '
            'did you mean "upper"?',
        ),
        (
            "{% if page %}ok{% else %}{{ sid }}{% endif %}",
            f'unknown variable "sid"; expected one of {", ".join(VARIABLES)}',
        ),
        (
            "line one\n{{ page",
            "the template does not parse (its line 2): "
            "unexpected end of template, expected 'end of print statement'.",
        ),
        ("{{ " + "(" * 4000 + "page", "the template is nested too deeply"),
        ("{{ page" + "|upper" * 1_300 + " }}", "the template is nested too deeply"),
        ("{{ page" + " and page" * 700 + " }}", "the template is nested too deeply"),
        ("{% if page %}" * 100 + "{% endif %}" * 100, "the template is nested too deeply"),
        (
            "x" * (SOURCE_LIMIT + 1),
            f"the template has {SOURCE_LIMIT + 1} characters; expected at most {SOURCE_LIMIT}",
        ),
    ],
)
def test_everything_else_is_refused_and_never_rendered(source: str, wrong: str) -> None:
    assert check_template(source) == wrong
    with pytest.raises(UnsafeTemplateError) as caught:
        render(source, VALUES)
    assert str(caught.value) == wrong


def test_value_is_never_a_template_itself() -> None:
    assert render("{{ page }}", VALUES | {"page": "{{ now }}"}) == "{{ now }}"


def test_variable_without_a_value_is_not_published_as_nothing() -> None:
    with pytest.raises(UnsafeTemplateError, match="'duration' is undefined"):
        render("Lasted {{ duration }}", {"page": "x"})


def test_named_variables_are_those_of_every_branch() -> None:
    source = "{% if status == 'x' %}{{ now }}{% else %}{{ duration|upper }}{% endif %} page"

    assert variables(source) == frozenset({"status", "now", "duration"})


@given(st.text(alphabet="{}%# ()'\"|.~+*<>=ab\n", max_size=60))
def test_whatever_is_written_is_either_refused_or_rendered(source: str) -> None:
    wrong = check_template(source)

    if wrong is None:
        assert isinstance(render(source, VALUES), str)
    else:
        assert wrong
