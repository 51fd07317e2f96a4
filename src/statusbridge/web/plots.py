"""A measure over time as a drawing: its path, its thresholds and its scale.

Heights are whole numbers from 0 to HEIGHT, counted from the top as SVG does. A path is in relative
steps of one bucket, so that a quiet month costs a few bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import log1p

from statusbridge.core.model import Seconds, Status
from statusbridge.rehearse.result import Curve

HEIGHT = 240
_LINEAR_UP_TO = 60
_HEADROOM = 1.25
_HEADROOM_BY_LOGARITHM = 2.5
_LABELS_APART = 11
"""Per cent of the height between two labels, so that neither covers the other."""
_TOPMOST = 9.0


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold: *y* and *label_y* in per cent from the top, *kind* the status it asks for."""

    kind: str
    y: float
    label_y: float
    label: str
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing. *values*: the heights of *path* as numbers, "7*12" for twelve times 7."""

    width: Seconds
    buckets: int
    path: str
    values: str
    lines: tuple[Line, ...]
    marks: tuple[tuple[float, int], ...]
    """Grid lines: per cent from the top, and the value there."""
    logarithmic: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """From values of 0 to *top* to heights: in proportion to a small *top*, else by logarithm."""

    top: int

    @property
    def logarithmic(self) -> bool:
        return self.top > _LINEAR_UP_TO

    def share(self, value: int) -> float:
        """Return how high *value* stands, 0 to 1."""
        if self.logarithmic:
            return min(1.0, log1p(value) / log1p(self.top))
        return min(1.0, value / self.top)

    def height(self, value: int) -> int:
        """Return the place of *value* from the top; anything above zero is seen."""
        rise = round(self.share(value) * HEIGHT)
        return HEIGHT - (max(rise, 2) if value else 0)

    def percent(self, value: int) -> float:
        return round((1 - self.share(value)) * 100, 1)

    def marks(self) -> tuple[int, ...]:
        """Return two or three round values below the top."""
        if self.logarithmic:
            powers = [10**n for n in range(1, 12) if 10**n < self.top / 1.5]
            return tuple(powers[-3:])
        step = next((s for s in (1, 2, 5, 10, 20) if self.top / s <= 4), 50)
        return tuple(range(step, self.top, step))[:3]


def coarsest(values: Sequence[int], most: int) -> tuple[int, ...]:
    """Return *values* in at most *most* buckets of equal width, the highest of each."""
    many = _merged(len(values), most)
    return tuple(max(values[place : place + many]) for place in range(0, len(values), many))


def plot(curve: Curve, wanted: Sequence[tuple[Status, int, bool]], most: int = 2000) -> Plot:
    """Return the drawing of *curve* with the thresholds *wanted*: status, number, if suggested."""
    values = coarsest(curve.values, most)
    highest = max((curve.peak, *(number for _, number, _ in wanted), 3))
    headroom = _HEADROOM_BY_LOGARITHM if highest > _LINEAR_UP_TO else _HEADROOM
    scale = Scale(round(highest * headroom) + 1)
    return Plot(
        width=curve.width * _merged(len(curve.values), most),
        buckets=len(values),
        path=path(values, scale),
        values=encoded(values),
        lines=_lines(wanted, scale),
        marks=tuple((scale.percent(mark), mark) for mark in scale.marks()),
        logarithmic=scale.logarithmic,
    )


def path(values: Sequence[int], scale: Scale) -> str:
    """Return the area under *values* as a path, one unit wide a bucket."""
    parts, at = [f"M0 {HEIGHT}"], HEIGHT
    for height, run in groupby(map(scale.height, values)):
        if height != at:
            parts.append(f"v{height - at}")
        parts.append(f"h{sum(1 for _ in run)}")
        at = height
    return "".join((*parts, f"V{HEIGHT}z"))


def encoded(values: Sequence[int]) -> str:
    """Return *values* in words, a run of equal ones as "value*times"."""
    runs = ((value, sum(1 for _ in run)) for value, run in groupby(values))
    return " ".join(str(value) if times == 1 else f"{value}*{times}" for value, times in runs)


def _merged(many: int, most: int) -> int:
    """Return how many of *many* buckets become one, so that at most *most* are left."""
    return max(1, -(-many // max(1, most)))


def _lines(wanted: Sequence[tuple[Status, int, bool]], scale: Scale) -> tuple[Line, ...]:
    """Lowest first, each label above its line where there is room."""
    asked = sorted(set(wanted), key=lambda one: (one[1], one[2]))
    places = [scale.percent(number) for _, number, _ in asked]
    return tuple(
        Line(
            kind=status.wire,
            y=y,
            label_y=label_y,
            label=f"{number:,} {'suggested' if proposed else status.wire.partition('_')[0]}",
            suggested=proposed,
        )
        for (status, number, proposed), y, label_y in zip(
            asked, places, _spread([y - 2.5 for y in places]), strict=True
        )
    )


def _spread(places: list[float]) -> list[float]:
    """Return *places*, lowest on the page first, moved up and then down until they are apart."""
    free = 98.0
    for index, place in enumerate(places):
        places[index] = min(place, free)
        free = places[index] - _LABELS_APART
    free = _TOPMOST
    for index in reversed(range(len(places))):
        places[index] = round(max(places[index], free), 1)
        free = places[index] + _LABELS_APART
    return places
