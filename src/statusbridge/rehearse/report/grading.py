"""How each incident compares with people, in a few words."""

from __future__ import annotations

from statusbridge.rehearse.report.places import target
from statusbridge.rehearse.result import Grades
from statusbridge.web.words import early


def grades(found: Grades | None) -> dict[str, tuple[str, str]]:
    """Return by the element that tells of an incident what became of it, and good | bad | ""."""
    if found is None:
        return {}
    ours = {target("ours", one.id): ("nobody posted it", "bad") for one in found.false_opens}
    ours |= {target("ours", hit.outage.id): (early(hit.early), "good") for hit in found.hits}
    theirs = {target("people", one.id): ("missed", "bad") for one in found.misses}
    theirs |= {
        target("people", one.id): ("on components that no rule speaks of", "")
        for one in found.uncovered
    }
    theirs |= {
        target("people", hit.posted.id): (f"found, {early(hit.early)}", "good")
        for hit in found.hits
    }
    return ours | theirs
