"""The console as HTML, under a policy that lets it load nothing but itself.

Whatever others wrote (a page, a person, an alert's code) is escaped by the template. Style and
script are files of the program, and the only ones that the policy admits, by their hashes.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from statusbridge import __version__, web
from statusbridge.core.model import Status
from statusbridge.core.wording import TEXT_LIMIT, TITLE_LIMIT
from statusbridge.web import words
from statusbridge.web.plots import HEIGHT

_STATUSES = tuple(status.wire for status in Status if status)


def whole(values: dict[str, object]) -> str:
    """Return the whole page, for a browser that opens it."""
    return _rendered("console.html", values)


def live(values: dict[str, object]) -> str:
    """Return the part of the page that changes, for its script."""
    return _rendered("live.html", values)


def entrance(values: dict[str, object]) -> str:
    """Return the page on which the token is given."""
    return _rendered("entrance.html", values)


@cache
def policy() -> str:
    """Return the Content-Security-Policy of every page of the console."""
    return (
        f"default-src 'none'; script-src '{_hash(_script())}'; style-src '{_hash(_style())}'; "
        "connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<rect width="16" height="16" rx="4" fill="#3f51c7"/>'
    '<path d="M3 10h2l2-5 2 7 2-4h2" fill="none" stroke="#fff" stroke-width="1.6"/></svg>'
)


def _rendered(name: str, values: dict[str, object]) -> str:
    return _template(name).render(
        **values,
        words=words,
        numbers=_numbers,
        height=HEIGHT,
        statuses=_STATUSES,
        title_limit=TITLE_LIMIT,
        text_limit=TEXT_LIMIT,
        version=__version__,
        script=Markup(_script()),
        style=Markup(_style()),
    )


def _numbers(measures: dict[str, int]) -> str:
    """Return "12 alerts and 8 resources"."""
    named = words.MEASURE.items()
    return " and ".join(f"{measures[name]:,} {noun}" for name, noun in named if name in measures)


@cache
def _script() -> str:
    return _asset("console.js")


@cache
def _style() -> str:
    return web.style() + _asset("console.css")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)
