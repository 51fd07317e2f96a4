"""Incidents that people posted, from a page as it was read or from a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from statusbridge.adapters.recording_entries import RecordingError
from statusbridge.core.live import Incident, Structure
from statusbridge.core.model import ComponentId, IncidentId, Status
from statusbridge.core.restrain import components_of
from statusbridge.core.structure import resolve
from statusbridge.rehearse.grading import Name
from statusbridge.rehearse.result import Posted

_STATUSES = {status.wire: status for status in Status}


def namer(structures: Mapping[str, Structure]) -> Name:
    """Return what names components in full, by page; what is not found keeps its name."""

    def name(page: str, reference: str) -> str:
        structure = structures.get(page)
        found = None if structure is None else resolve(reference, structure)
        if structure is None or not isinstance(found, str):
            return reference
        return next(c.full_name for c in structure.components if c.id == found)

    return name


def posted_on(
    page: str, structure: Structure, incidents: Collection[Incident], ours: Collection[IncidentId]
) -> Iterator[Posted]:
    """Yield those of *incidents* on *page* that are not *ours*."""
    names = {component.id: component.full_name for component in structure.components}
    for incident in incidents:
        told = [update for update in incident.updates if update.published_at is not None]
        if incident.id in ours or not told:
            continue
        first = min(update.published_at or 0 for update in told)
        begun = [i.start for i in incident.impacts if i.start is not None]
        ends = [u.published_at for u in told if u.incident_status == "resolved"]
        yield Posted(
            id=incident.id,
            page=page,
            title=incident.name,
            components=tuple(sorted(names.get(c, c) for c in _all_of(incident))),
            started_at=min([first, *begun]),
            posted_at=first,
            ended_at=(ends[-1] if ends else first) if incident.resolved else None,
            worst=_worst(incident),
        )


def _all_of(incident: Incident) -> frozenset[ComponentId]:
    return components_of(incident) | {impact.component for impact in incident.impacts}


def _worst(incident: Incident) -> Status | None:
    said = [status for update in incident.updates for _, status in update.components]
    said += [impact.status for impact in incident.impacts]
    return max((_STATUSES[status] for status in said if status in _STATUSES), default=None)


class _Entry(msgspec.Struct):
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    components: tuple[str, ...] | str
    title: str = ""
    posted_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    ended_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    status: Literal["operational", "degraded_performance", "partial_outage", "full_outage"] = (
        "degraded_performance"
    )
    page: str | None = None


def posted_in(path: Path, pages: Collection[str], name: Name) -> tuple[Posted, ...]:
    """Return the incidents of the file *path*: a JSON list of objects as `_Entry` has it.

    A page may be left out where there is one. Raises RecordingError.
    """
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=list[_Entry])
    except OSError as error:
        raise RecordingError(f"{path} can't be read ({error.strerror}).") from error
    except msgspec.MsgspecError as error:
        raise RecordingError(
            f"{path} is no list of incidents: {error}. Expected a JSON list of objects as "
            '{"title": "…", "components": ["…"], "started_at": "2026-11-21T22:37:00Z", '
            '"ended_at": "2026-11-21T23:12:00Z"}.'
        ) from error
    for number, entry in enumerate(entries, 1):
        if entry.page not in pages and (entry.page is not None or len(pages) > 1):
            raise RecordingError(
                f"{path}: incident {number} is of no configured page. Expected page to be one of "
                f"{', '.join(pages)}."
            )
    only = next(iter(pages))
    return tuple(_posted(path, n, entry, only, name) for n, entry in enumerate(entries, 1))


def _posted(path: Path, number: int, entry: _Entry, only: str, name: Name) -> Posted:
    page = entry.page or only
    listed = (entry.components,) if isinstance(entry.components, str) else entry.components
    started = int(entry.started_at.timestamp())
    return Posted(
        id=f"{path.name}:{number}",
        page=page,
        title=entry.title,
        components=tuple(name(page, component) for component in listed),
        started_at=started,
        posted_at=int(entry.posted_at.timestamp()) if entry.posted_at else started,
        ended_at=int(entry.ended_at.timestamp()) if entry.ended_at else None,
        worst=_STATUSES[entry.status],
    )
