"""A demonstration in plain lines: what happened between two scenes, and the summary. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.text import Text

from statusbridge.commands.demo_scene import Component, Scene, worst
from statusbridge.commands.demo_stage import Folder
from statusbridge.commands.demo_words import meaning, words
from statusbridge.core.model import time_of_day
from statusbridge.simulators.page_state import Incident, Post


def events(before: Scene | None, after: Scene) -> list[str]:
    """Return a line for each thing in *after* that was not in *before*, the scene before it."""
    kinds = (_daemon, _codes, _rules, _page)
    return [f"{time_of_day(after.at)}  {line}" for kind in kinds for line in kind(before, after)]


def summary(scene: Scene, folder: Folder, command: str) -> list[Text]:
    """Return what is said at the end of a story that went well. *command*: how to call us."""
    return [
        Text(),
        *_section("What happened", _happened(scene)),
        *_section("What customers read", [line for i in scene.page.incidents for line in _told(i)]),
        *_section(f"Files, kept in {folder.path}", _files(folder)),
        *_section("Try next", _next(folder, command)),
    ]


def _daemon(before: Scene | None, after: Scene) -> Iterator[str]:
    if after.ready and not (before and before.ready):
        yield "daemon  ready: it has read both APIs once"
    if after.ready and after.console and not (before and before.ready and before.console):
        yield f"daemon  its console, for a browser while this lasts: {after.console}"


def _codes(before: Scene | None, after: Scene) -> Iterator[str]:
    known = {one.code for one in before.tallies} if before else set()
    for one in after.tallies:
        if one.code not in known:
            fault, title = meaning(one.code)
            yield f"alert   {one.code or 'no code'}, fault of {fault}: {title}"


def _rules(before: Scene | None, after: Scene) -> Iterator[str]:
    known = _phases(before)
    for rule in after.status["rules"] if after.status else ():
        if rule["phase"] != known.get(rule["id"], "inactive"):
            count = rule["measures"].get("count", 0)
            yield f"rule    {rule['id']} is {rule['phase']}, {count} alerts in its window"


def _phases(scene: Scene | None) -> dict[str, str]:
    rules = scene.status["rules"] if scene and scene.status else ()
    return {rule["id"]: rule["phase"] for rule in rules}


def _page(before: Scene | None, after: Scene) -> Iterator[str]:
    known = {i.id: len(i.posts) for i in before.page.incidents} if before else {}
    statuses = {_place(c): c.status for c in before.page.components} if before else {}
    for incident in after.page.incidents:
        for post in incident.posts[known.get(incident.id, 0) :]:
            mailed = ", mailed" if post.notified else ""
            name = f"{incident.name}: {post.status}{mailed}"
            yield f"page    {name}: “{post.message}”"
    for one in after.page.components:
        was = statuses.get(_place(one), "operational")
        if was != one.status:
            yield f"page    {_place(one)}: {words(was)} → {words(one.status)}"


def _place(component: Component) -> str:
    return f"{component.group} / {component.name}" if component.group else component.name


def _section(title: str, rows: Iterable[Text]) -> list[Text]:
    return [Text(title, "bold"), *(Text("  ") + row for row in rows), Text()]


def _happened(scene: Scene) -> list[Text]:
    alerts = (scene.status or {})["alerts"]
    posts = [post for incident in scene.page.incidents for post in incident.posts]
    mailed = [post.status for post in posts if post.notified]
    facts = (
        f"{alerts['seen']} alerts read over HTTP: all that Twilio had, each once",
        f"{alerts['matched']} of them matched a rule; only one rule had enough to open anything",
        f"{len(scene.page.incidents)} incident with {len(posts)} posts, each made once",
        f"subscribers mailed with {len(mailed)} of them: {' and '.join(mailed)}",
    )
    return [Text.assemble(("✓ ", "green"), fact) for fact in facts]


def _told(incident: Incident) -> list[Text]:
    return [Text(incident.name, "bold"), *(line for post in incident.posts for line in _post(post))]


def _post(post: Post) -> list[Text]:
    state = f"{post.status} · {words(worst(post))}{' · mailed' if post.notified else ''}"
    return [
        Text.assemble(f"{time_of_day(post.at)}  ", (state, "cyan")),
        Text(f"{'':<11}{post.message}"),
    ]


def _files(folder: Folder) -> list[Text]:
    rows = (
        (folder.config, "the configuration, commented: a place to start"),
        (folder.store, "what the daemon knew, in SQLite"),
        (folder.log, "its log, a line of JSON for each event"),
    )
    return [Text.assemble(f"{path.name:<11}  ", (why, "dim")) for path, why in rows]


def _next(folder: Folder, command: str) -> list[Text]:
    rows = (
        ("what the daemon knew at last", f"{command} status --config {folder.config}"),
        ("whose fault Twilio's errors are", f"{command} codes 30000-30099"),
        ("the same two APIs, for a daemon of your own", f"{command} simulate"),
    )
    return [line for why, row in rows for line in (Text(f"# {why}", "dim"), Text(row, "cyan"))]
