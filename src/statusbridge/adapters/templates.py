"""Public templates in a closed subset of Jinja2: text, variables, comparisons and a few filters.

The sandbox is the second line. The first is the list of node types below: a template with a call,
an attribute, a loop, a macro or arithmetic is never compiled, so it can neither reach anything nor
grow without bound. Knows nothing of rules and incidents; values come in as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from statusbridge.core.wording import VARIABLES

SOURCE_LIMIT = 8192
"""Characters of a template's source: room for alternatives around a text of 4,096."""

FILTERS = ("capitalize", "default", "lower", "title", "upper")

_COMPARISONS = ("eq", "ne", "in", "notin")
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)
# In the words of a person who writes one; everything else is "this construct".
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Getattr: "an attribute",
    nodes.Getitem: "an index",
    nodes.For: "a loop",
    nodes.Macro: "a macro",
    nodes.Assign: "an assignment",
    nodes.Include: "an include",
    nodes.Import: "an import",
    nodes.FromImport: "an import",
    nodes.Extends: "inheritance",
    nodes.Block: "a block",
    nodes.BinExpr: "arithmetic",
    nodes.Concat: "concatenation",
    nodes.Test: "a test",
}

_DEEPEST = 60
"""Levels of a template's tree: nobody writes more, and each costs Jinja and Python some stack."""
_TOO_DEEP = "the template is nested too deeply"

_environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


class UnsafeTemplateError(ValueError):
    """The template can't be rendered as it is; the message says why, without values."""


def check_template(source: str) -> str | None:
    """Return what is wrong with *source* as one clause; None: all it holds is allowed.

    Only the variables of `core.wording.VARIABLES` may be named, in any branch.
    """
    if len(source) > SOURCE_LIMIT:
        return f"the template has {len(source)} characters; expected at most {SOURCE_LIMIT}"
    try:
        tree = _environment.parse(source)
    except TemplateSyntaxError as error:
        return f"the template does not parse (its line {error.lineno}): {error.message}"
    except RecursionError:
        return _TOO_DEEP
    return _first_refusal(tree) or _uncompilable(source)


def render(source: str, values: Mapping[str, str]) -> str:
    """Return *source* with *values* filled in.

    Raises UnsafeTemplateError where `check_template` objects, or where a variable that *source*
    names has no value.
    """
    template = _compiled(source)
    try:
        return template.render(values)
    except (TemplateError, TypeError, ValueError) as error:
        raise UnsafeTemplateError(f"the template can't be rendered: {error}") from error


def variables(source: str) -> frozenset[str]:
    """Return the variables that *source*, which `check_template` has passed, names anywhere."""
    return frozenset(node.name for node in _environment.parse(source).find_all(nodes.Name))


@lru_cache(maxsize=512)
def _compiled(source: str) -> Template:
    wrong = check_template(source)
    if wrong is not None:
        raise UnsafeTemplateError(wrong)
    return _environment.from_string(source)


def _first_refusal(tree: nodes.Template) -> str | None:
    # Without recursion, which a chain of filters would lead beyond what Python's stack holds.
    level: list[nodes.Node] = [tree]
    for _ in range(_DEEPEST):
        wrong = next(filter(None, map(_refusal, level)), None)
        if wrong is not None:
            return wrong
        level = [child for node in level for child in node.iter_child_nodes()]
    return _TOO_DEEP if level else None


def _uncompilable(source: str) -> str | None:
    """Jinja2 makes Python of a template, and Python ends at 100 levels of indentation."""
    try:
        _environment.from_string(source)
    except (SyntaxError, RecursionError, MemoryError):
        return _TOO_DEEP
    return None


def _refusal(node: nodes.Node) -> str | None:
    match node:
        case nodes.Name(name=name) if name not in VARIABLES:
            return f'unknown variable "{name}"; {_choose(name, VARIABLES)}'
        case nodes.Filter(name=name) if name not in FILTERS:
            return f'filter "{name}" is not allowed; {_choose(name, FILTERS)}'
        case nodes.Const(value=value) if not isinstance(value, (str, bool)):
            return f"{value!r} is not text; values are text: put it in quotes"
        case nodes.Operand(op=op) if op not in _COMPARISONS:
            return "text has no order here; expected a comparison by ==, !=, in or not in"
        case _ if isinstance(node, _ALLOWED):
            return None
    words = (word for kind, word in _REFUSED.items() if isinstance(node, kind))
    word = next(words, f"this construct ({type(node).__name__})")
    return f"{word} is not allowed in a public text; expected plain text, variables and if"


def _choose(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f"expected one of {', '.join(known)}{hint}"
