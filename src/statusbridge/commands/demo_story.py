"""The story that a demonstration has to tell, and whether it did. Pure: judges scenes."""

from __future__ import annotations

from statusbridge.commands.demo_scene import Face, worst

CHAPTERS = ("noise", "opened", "worse", "watched", "resolved")
"""What happens, in order; each but the first is one post on the page."""

POSTS = (
    ("investigating", "degraded_performance"),
    ("investigating", "partial_outage"),
    ("monitoring", "operational"),
    ("resolved", "operational"),
)
"""Every post of the one incident: its stage, and the worst status that it gives a component."""


def told(page: Face) -> int:
    """Return how many of `POSTS` stand on *page*."""
    return len(page.incidents[0].posts) if page.incidents else 0


def is_complete(page: Face) -> bool:
    """Whether *page* shows the whole story, and nothing else."""
    return told(page) == len(POSTS) and flaw(page) is None


def flaw(page: Face) -> str | None:
    """Return what stands on *page* that the story does not have; None: it goes well so far."""
    if len(page.incidents) > 1:
        return f"{len(page.incidents)} incidents were opened for one outage"
    for incident in page.incidents:
        found = tuple((post.status, worst(post)) for post in incident.posts)
        for number, post in enumerate(found):
            if found[: number + 1] != POSTS[: number + 1]:
                expected = " with ".join(POSTS[number]) if number < len(POSTS) else "none"
                return f"post {number + 1} is {' with '.join(post)}, expected {expected}"
    return None


def misread(seen: int, least: int, most: int) -> str | None:
    """Return what is wrong with the daemon having read *seen* alerts; None: nothing.

    *least*: those that Twilio had up to the daemon's watermark, *most*: those it has by now.
    """
    if seen < least:
        return f"{least - seen} of {least} alerts were not read"
    return f"{seen} alerts were read, of {most} there are" if seen > most else None
