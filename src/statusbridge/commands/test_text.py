"""What came of a rule test, in lines for people: expected beside actual, and what had happened."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Sequence

from rich.cells import cell_len

from statusbridge.commands.printing import Styles, columns
from statusbridge.config.durations import show
from statusbridge.core.model import Instant, iso, time_of_day
from statusbridge.rehearse.observing import Check
from statusbridge.rehearse.playing import Judged, Stand, Undone, Verdict
from statusbridge.rehearse.timeline import Event

STYLES: Styles = {
    r"^  ok    .*": "green",
    r"^  FAIL  .*": "bold red",
    r"^FAIL  .*": "bold red",
    r"^    ✗ .*": "red",
    r"^  ▸ .*": "bold",
    r"^\d+ passed$": "bold green",
    r"^\d+ passed, \d+ failed$": "bold red",
    r"\((\S+\.toml:\d+)\)$": "dim",
}
"""What stands out on a terminal."""

_BEFORE, _AFTER = 8, 3
"""How many events before and after a failed expectation are shown."""
_BELOW = " " * 12
_WIDEST = 32
"""Values up to so many columns stand side by side."""


def verdict_line(verdict: Verdict) -> str:
    """Return a test with its result, in one line."""
    return f"  {'ok  ' if verdict.passed else 'FAIL'}  {verdict.test.name}"


def counted(played: int, failed: int) -> str:
    """Return the closing line."""
    return f"{played - failed} passed" + (f", {failed} failed" if failed else "")


def headline(verdict: Verdict) -> str:
    """Return the first thing that was not as expected, in one line."""
    for undone in verdict.undone[:1]:
        return f"{undone.where}: {undone.why}"
    for judged in verdict.judged:
        for check in judged.checks:
            if not check.right:
                where, at = judged.expectation.where, show(judged.expectation.at)
                return f"{where}: at {at} {check.key} is {check.actual}, not {check.expected}"
    return "as expected"


def report(verdict: Verdict, *, verbose: bool) -> list[str]:
    """Return what was not as expected with what had happened around it; *verbose*: everything."""
    lines = [] if verdict.passed else [f"FAIL  {verdict.test.name}   ({verdict.test.where})"]
    story = _Story(verdict)
    for undone in verdict.undone:
        lines += ["", *_undone(undone, verdict)]
        lines += [] if verbose else ["", *story.around(undone.at)]
    unmet = [one for one in verdict.judged if not one.met]
    for number, one in enumerate(unmet):
        lines += ["", *_judged(one, verdict)]
        last = number + 1 == len(unmet) or unmet[number + 1].expectation.at > one.expectation.at
        if last and not verbose:
            lines += ["", *story.around(verdict.test.start + one.expectation.at)]
    return [*lines, *([""] if lines else []), *story.whole()] if verbose else lines


def _undone(undone: Undone, verdict: Verdict) -> list[str]:
    at = show(undone.at - verdict.test.start)
    return [f"  at {at}: this can't be done: {undone.why}   ({undone.where})"]


def _judged(one: Judged, verdict: Verdict) -> list[str]:
    """Return an expectation: each key, expected beside actual, then where its rules stood."""
    expectation, table = one.expectation, one.expectation.table
    at = verdict.test.start + expectation.at
    of = f"incident {table.incident}" if table.incident else f"page {expectation.page}"
    head = f"  at {show(expectation.at)} · {iso(at)} · {of}   ({expectation.where})"
    rows = [("   ", "", "expected", "actual")]
    rows += [_row(check) for check in one.checks if _is_short(check)]
    lines = [f" {line}" for line in columns(rows)] if len(rows) > 1 else []
    for check in one.checks:
        if not _is_short(check):
            lines += _stacked(check)
    return [head, *lines, *_stands(one.rules, verdict.test.start)]


def _row(check: Check) -> tuple[str, str, str, str]:
    return f"   {' ' if check.right else '✗'}", check.key, check.expected, check.actual


def _is_short(check: Check) -> bool:
    return (
        check.key != "text_contains"
        and max(map(cell_len, (check.expected, check.actual))) <= _WIDEST
    )


def _stacked(check: Check) -> list[str]:
    """Return a check whose values are too long to stand side by side."""
    indent = " " * 9
    expected = "expected to contain" if check.key == "text_contains" else "expected"
    return [
        f"    {' ' if check.right else '✗'}  {check.key}",
        *_wrapped(f"{indent}{expected}  ", f"“{check.expected}”"),
        *_wrapped(f"{indent}{'actual':<{len(expected)}}  ", f"“{check.actual}”"),
    ]


def _wrapped(head: str, said: str) -> list[str]:
    """Return *said* after *head* in lines that fit the terminal, under each other."""
    indent = " " * cell_len(head)
    width = max(_width(), len(indent) + 30)
    return textwrap.wrap(
        said, width, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
    ) or [head.rstrip()]


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def _stands(rules: Iterable[Stand], start: Instant) -> list[str]:
    lines = []
    for one in rules:
        lines.append(f"      rule {one.rule} was {one.phase}: {one.measured}")
        if one.most != one.measured:
            lines.append(f"        most so far: {one.most}, at {show(one.at - start)}")
        lines += [f"        {line}" for line in one.needed]
    return lines


class _Story:
    """The events of a verdict, laid out: their columns under each other throughout."""

    def __init__(self, verdict: Verdict) -> None:
        self._start = verdict.test.start
        self._events = verdict.events
        self._judged = verdict.judged
        self._heads = columns(
            (self._after(event), time_of_day(event.at), str(event.kind), event.subject)
            for event in self._events
        )
        self._room = max(map(cell_len, self._heads), default=0)

    def around(self, at: Instant) -> list[str]:
        """Return what happened last before *at*, up to and with it, and what happened next."""
        before = [n for n, event in enumerate(self._events) if event.at <= at]
        after = [n for n, event in enumerate(self._events) if event.at > at][:_AFTER]
        left = len(before) - _BEFORE
        return [
            *([f"    … {left} earlier; -v shows everything"] if left > 0 else []),
            *self._lines(before[-_BEFORE:]),
            f"  ▸ {show(at - self._start)}  expected here",
            *self._lines(after),
        ]

    def whole(self) -> list[str]:
        """Return all events, with the expectations among them."""
        lines: list[str] = []
        shown = 0
        for judged in self._judged:
            at = self._start + judged.expectation.at
            until = sum(event.at <= at for event in self._events)
            lines += self._lines(range(shown, until))
            shown = max(shown, until)
            lines.append(f"  ▸ {show(judged.expectation.at)}  {_asked(judged)}")
        return lines

    def _lines(self, numbers: Sequence[int]) -> list[str]:
        return [line for number in numbers for line in self._event(number)]

    def _event(self, number: int) -> list[str]:
        event = self._events[number]
        head = self._heads[number]
        first = f"    {head}{' ' * (self._room - cell_len(head))}  "
        below = [line for said in event.below for line in _wrapped(_BELOW, said)]
        return [*_wrapped(first, event.said), *below]

    def _after(self, event: Event) -> str:
        """Return when *event* was, counted from the start."""
        at = show(event.at - self._start)
        return at if event.since is None else f"{show(event.since - self._start)}–{at}"


def _asked(judged: Judged) -> str:
    """Return an expectation in a line: what was wanted, and what of it is not so."""
    of = judged.expectation.table.incident
    told = " · ".join(
        f"{c.key} {c.expected}" if c.right else f"✗ {c.key} {c.expected}" for c in judged.checks
    )
    return f"{f'{of}: ' if of else ''}{told}"
