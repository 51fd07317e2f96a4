"""The live view of a demonstration: a scene as lines for a terminal of some size. Pure.

Three parts in the order in which the bridge works: what Twilio reports, what the rules make of it,
what customers read. Their places do not move while the story goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from statusbridge.commands.demo_scene import Component, Face, Scene, Tally
from statusbridge.commands.demo_story import CHAPTERS, told
from statusbridge.commands.demo_words import meaning, progress, words
from statusbridge.core.model import time_of_day
from statusbridge.documents import Document
from statusbridge.simulators.page_state import Incident, Post

LEAST_WIDTH, LEAST_HEIGHT = 76, 21
"""Columns and lines under which the view would be cut."""

MARKS = {
    "operational": ("●", "green"),
    "degraded_performance": ("▲", "yellow"),
    "partial_outage": ("◆", "dark_orange"),
    "full_outage": ("■", "red"),
}
"""Of each status its mark, a shape of its own for those who see no colours, and its colour."""

_STAGES = {"investigating": "yellow", "monitoring": "cyan", "resolved": "green"}
_PHASES = {"inactive": "dim", "pending": "yellow", "firing": "bold red", "recovering": "cyan"}
_FAULTS = {"twilio": "red", "carrier": "yellow"}
_CODES = 4
"""Lines kept for codes, so that what stands below does not move when a new one appears."""
_MEASURE = Console(color_system=None)
"""Wraps by cells, where `textwrap` counts characters; nothing is printed to it."""
_TITLED = 67
"""Cells of a code, its fault and a title of the length that the table's longest few have."""
_SPARKS = " ▁▂▃▄▅▆▇█"
_BUSY = 60
"""Alerts a second at which a spark is at its full height."""


def lines(scene: Scene, width: int, height: int) -> list[Text]:
    """Return *scene* in at most *height* lines of at most *width* cells.

    Where that is too little, blank lines go first, then the oldest posts.
    """
    blocks = [
        _head(scene, width),
        _alerts(scene.tallies, width),
        _rules(scene.status, width),
        _page(scene.page, width),
    ]
    foot = _daemon(scene, width)
    free = height - 1 - sum(map(len, blocks))
    found: list[Text] = []
    for number, block in enumerate(blocks):
        if 0 < number <= free:
            found.append(Text())
        found += block
    found = found[: height - 1]
    found += [Text()] * (height - 1 - len(found))
    return [*found, foot]


def _head(scene: Scene, width: int) -> list[Text]:
    about = f"console: {scene.console}" if scene.console else "the real daemon, two simulated APIs"
    title = Text.assemble((" statusbridge demo", "bold"), (f"  {about}", "dim"))
    seconds = int(scene.elapsed)
    aside = Text.assemble(f"{seconds // 60}:{seconds % 60:02}", ("  Ctrl-C ends", "dim"))
    return [_spread(title, aside, width), _story(told(scene.page))]


def _story(posts: int) -> Text:
    """Return the chapters, those over marked, and the one that is being played."""
    line = Text(" ")
    for number, chapter in enumerate(CHAPTERS):
        over = number < posts or posts == len(CHAPTERS) - 1
        if number:
            line.append(" ── ", "green" if number <= posts else "dim")
        if over:
            line.append(f"✓ {chapter}", "green")
        elif number == posts:
            line.append(f"▸ {chapter}", "bold")
        else:
            line.append(f"· {chapter}", "dim")
    return line


def _heading(name: str, purpose: str, aside: str = "", width: int = 0) -> Text:
    line = Text.assemble((f" {name}", "bold cyan"), (f"  {purpose}", "dim"))
    return _spread(line, Text(aside, "dim"), width) if aside else line


def _alerts(tallies: Sequence[Tally], width: int) -> list[Text]:
    heading = _heading("TWILIO", "reports errors; whose fault are they?", "alerts", width)
    rows = [_tally(one, width) for one in tallies[:_CODES]]
    return [heading, *rows, *[Text()] * (_CODES - len(rows))]


def _tally(one: Tally, width: int) -> Text:
    fault, title = meaning(one.code)
    left = Text.assemble(
        f"   {'none' if one.code is None else one.code:<7}",
        (f"{fault:<13}", _FAULTS.get(fault, "dim")),
    )
    left += Text(title)
    pulse = one.pulse[-max(0, width - _TITLED - 8) :]
    sparks = "".join(map(_spark, pulse)) if width > _TITLED + 8 else ""
    right = Text.assemble((sparks, _FAULTS.get(fault, "dim")), (f"{one.count:>6}", "bold"))
    return _spread(left, right, width)


def _spark(count: int) -> str:
    """Return the bar of *count* alerts in a second: blank for none, and visible for one."""
    most = len(_SPARKS) - 1
    return _SPARKS[min(most, -(-count * most // _BUSY))]


def _rules(status: Document | None, width: int) -> list[Text]:
    heading = _heading("RULES", "decide whether customers should hear of it", "in window", width)
    if status is None:
        return [heading, Text("   the daemon is starting", "dim"), Text(), Text()]
    return [heading, *(line for rule in status["rules"] for line in _rule(rule, width))]


def _rule(rule: Document, width: int) -> list[Text]:
    """Return the rule's measure as a bar through its thresholds, each named: an only one beside the
    bar, several under it."""
    phase, needed = rule["phase"], rule["needed"]
    labels = [f"{n.get('count', '')} {words(n['status'])}".strip() for n in needed]
    left = Text.assemble(
        "   ", set_cell_size(rule["id"], 17), (f"{phase:<12}", _PHASES.get(phase, ""))
    )
    right = Text(f"{rule['measures'].get('count', 0):>6}", "bold")
    if len(labels) == 1:
        right = Text(f" {labels[0]}", "dim") + right
    ends = _ends(len(needed), width - 1 - left.cell_len - right.cell_len)
    line = left + _bar(rule["measures"], needed, ends) + right
    if len(labels) == 1:
        return [line]
    sizes = [end - start for start, end in pairwise((0, *ends))]
    names = "".join(f"{label:>{size}}" for label, size in zip(labels, sizes, strict=True))
    return [line, Text(" " * left.cell_len + names, "dim")]


def _ends(count: int, size: int) -> list[int]:
    """Return where each of *count* equal parts of a bar of *size* cells ends."""
    return [size * (number + 1) // count for number in range(count)]


def _bar(measures: Document, needed: Sequence[Document], ends: Sequence[int]) -> Text:
    """Return a bar of as many parts as thresholds are *needed*, each with a stop at its end."""
    bar, start, earlier = Text(), 0, Document()
    for trigger, end in zip(needed, ends, strict=True):
        room, colour = end - start - 1, MARKS[trigger["status"]][1]
        filled = int(_share(measures, trigger, earlier) * room)
        stop = ("┫", colour) if _nearness(measures, trigger) >= 1 else ("┤", "dim")
        bar += Text.assemble(("━" * filled, colour), ("─" * (room - filled), "dim"), stop)
        start, earlier = end, trigger
    return bar


def _share(measures: Document, trigger: Document, earlier: Document) -> float:
    """Return how much of the way from the trigger before to this one is gone, from 0 to 1."""
    start = min(_nearness(earlier, trigger), 0.99)
    return max(0.0, min(1.0, (_nearness(measures, trigger) - start) / (1 - start)))


def _nearness(measures: Document, trigger: Document) -> float:
    """Return the least of the measures by what is needed of it; from 1 on it is reached."""
    needed = {name: value for name, value in trigger.items() if name not in ("status", "hold")}
    return min((measures.get(name, 0) / value for name, value in needed.items()), default=0.0)


def _page(page: Face, width: int) -> list[Text]:
    heading = _heading("STATUS PAGE", f"“{page.name}”, as customers read it")
    column = max((cell_len(one.group) for one in page.components), default=0) + 2
    groups = [list(found) for _, found in groupby(page.components, key=lambda one: one.group)]
    cell = (width - 4 - column) // max(map(len, groups), default=1)
    rows = [
        Text.assemble(
            "   ", set_cell_size(group[0].group, column), *(_component(c, cell) for c in group)
        )
        for group in groups
    ]
    posts = [line for i in reversed(page.incidents) for line in _incident(i, width)]
    return [heading, *rows, *(posts or [Text("   No incidents.", "dim")])]


def _component(component: Component, cell: int) -> Text:
    mark, colour = MARKS.get(component.status, ("○", ""))
    text = Text.assemble((mark, colour), f" {component.name}")
    if component.status != "operational":
        text.append(f"  {words(component.status)}", f"bold {colour}")
    text.truncate(cell, pad=True)
    return text


def _incident(incident: Incident, width: int) -> list[Text]:
    colour = _STAGES.get(incident.status, "")
    head = Text.assemble("   ", (incident.name, "bold"), "  ", (incident.status, colour))
    return [head, *(line for post in reversed(incident.posts) for line in _post(post, width))]


def _post(post: Post, width: int) -> list[Text]:
    left = Text.assemble(
        f"   {time_of_day(post.at)}  ", (f"{post.status:<13}", _STAGES.get(post.status, "")), "  "
    )
    parts = Text(post.message).wrap(_MEASURE, width - 1 - left.cell_len)
    blank = Text(" " * left.cell_len)
    return [(blank if number else left) + part for number, part in enumerate(parts)]


def _daemon(scene: Scene, width: int) -> Text:
    if scene.status is None:
        state = Text("starting", "yellow")
    elif scene.status["daemon"]["ready"]:
        state = Text.assemble(("ready", "green"), f" · {progress(scene.status, scene.at)}")
    else:
        reasons = "; ".join(scene.status["daemon"]["reasons"])
        state = Text.assemble(("not ready", "red"), f" · {reasons}")
    line = Text.assemble((" DAEMON", "bold cyan"), "  ") + state
    line.truncate(width - 1, overflow="ellipsis")
    return line


def _spread(left: Text, right: Text, width: int) -> Text:
    """Return *left* and *right* at the two ends of a line; *left* gives way."""
    left.truncate(width - 2 - right.cell_len, overflow="ellipsis", pad=True)
    return left + " " + right
