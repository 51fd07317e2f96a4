"""The page: all views of a backtest in one file, under a policy that lets it load nothing.

What a person, an alert or the page gave is escaped by the template; style and script are files of
this package, and the only ones that the policy admits, by their hashes.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from statusbridge import __version__, web
from statusbridge.rehearse.report import tables
from statusbridge.rehearse.report.cards import cards, told
from statusbridge.rehearse.report.lanes import timeline
from statusbridge.rehearse.report.material import Material
from statusbridge.rehearse.report.places import Places, ticks
from statusbridge.rehearse.report.rules import rules, suggestion_basis, volumes
from statusbridge.rehearse.report.verdict import notes, tiles, verdict
from statusbridge.web import words
from statusbridge.web.plots import HEIGHT

_TICKS = 6
"""Without a script: they fit on a phone."""


def page(material: Material) -> bytes:
    """Return *material* as one HTML document in UTF-8."""
    result = material.result
    places = Places(result.start, result.end)
    shown = cards(material)
    views = {
        "timeline": timeline(material, places),
        "rules": rules(material, places),
        "volumes": volumes(material),
        "suggestion_basis": suggestion_basis(material),
        "cards": shown,
        "more_outages": len(told(material)) - len(shown),
        "ticks": _ticks(material, places),
    }
    script, style = _asset("page.js"), web.style() + _asset("page.css") + places.css()
    text = _template().render(
        **views,
        **_tables(material),
        result=result,
        material=material,
        verdict=verdict(result),
        tiles=tiles(material),
        notes=notes(material),
        words=words,
        height=HEIGHT,
        span=max(1, result.end - result.start),
        version=__version__,
        script=Markup(script),
        style=Markup(style),
        policy=_policy(script, style),
    )
    return text.encode("utf-8", "replace")


def _tables(material: Material) -> dict[str, object]:
    result = material.result
    return {
        "codes": tables.codes(result.codes, result.volume),
        "unmatched": tables.codes(result.unmatched, result.volume),
        "posted": () if result.grades is None else tables.posted(result.grades),
        "holds": tables.holds(result),
        "gaps": tables.gaps(result),
        "differences": () if material.other is None else tables.differences(material.other),
    }


def _ticks(material: Material, places: Places) -> tuple[tuple[str, str], ...]:
    """Return place and label of the ticks: days, or times where the whole is shorter."""
    start, end = material.result.start, material.result.end
    times = ticks(start, end, _TICKS)
    daily = all(at % 86_400 == 0 for at in times)
    label = words.day if daily else words.moment
    return tuple((places.of(at, at), label(at)) for at in times)


def _policy(script: str, style: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("page.html"))
