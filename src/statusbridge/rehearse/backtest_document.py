"""A backtest's result as the document that `backtest --json` prints, version 1."""

from __future__ import annotations

from dataclasses import asdict

from statusbridge.core.model import Instant, iso
from statusbridge.documents import Document
from statusbridge.rehearse.comparing import Difference
from statusbridge.rehearse.result import CodeCount, Grades, Outage, Posted, Result, RuleHistory
from statusbridge.rehearse.suggesting import Basis, Suggestion


def backtest_document(result: Result) -> Document:
    """Return *result* as a document."""
    return {
        "version": 1,
        "config": result.config,
        "from": iso(result.start),
        "to": iso(result.end),
        "alerts": result.alerts,
        "matched": result.matched,
        "episodes": [_episode(outage) for outage in result.outages],
        "held": [
            {
                "incident": outage.incident,
                "page": outage.page,
                "reason": hold.reason,
                "detail": hold.detail,
                "since": iso(hold.since),
                "until": _time(hold.until),
            }
            for outage in result.outages
            for hold in outage.holds
        ],
        "unmatched": [_code(one) for one in result.unmatched],
        "rules": [_rule(rule) for rule in result.rules],
        "gaps": [
            {"account": account, "from": iso(lo), "to": iso(hi), "reason": why}
            for account, lo, hi, why in result.gaps
        ],
        "grades": None if result.grades is None else _grades(result.grades),
        "summary": {
            "incidents": sum(bool(outage.posts) for outage in result.outages),
            "posts": result.posts,
            "notified": result.notified,
            "never_published": sum(not outage.posts for outage in result.outages),
        },
    }


def _episode(outage: Outage) -> Document:
    return {
        "incident": outage.incident,
        "page": outage.page,
        "title": outage.title,
        "rules": list(outage.rules),
        "stages": [str(stage) for stage in outage.stages],
        "components": list(outage.components),
        "started_at": iso(outage.started_at),
        "fired_at": iso(outage.fired_at),
        "ended_at": _time(outage.ended_at),
        "worst": outage.worst.wire,
        "transitions": [
            {"at": iso(change.at), "state": str(change.state), "status": change.status.wire}
            for change in outage.changes
        ],
        "posts": len(outage.posts),
        "notified": outage.notified,
        "published": [
            {
                "at": iso(post.at),
                "action": post.action,
                "reason": post.reason,
                "incident_status": str(post.state),
                "components": {name: status.wire for name, status in post.components},
                "name": post.title,
                "message": post.text,
                "notify_subscribers": post.mailed,
            }
            for post in outage.posts
        ],
        "codes": [{"code": code, "count": count} for code, count in outage.codes],
    }


def _code(one: CodeCount) -> Document:
    return {"code": one.code, "count": one.count, "fault": str(one.fault), "title": one.title}


def _rule(rule: RuleHistory) -> Document:
    return {
        "id": rule.rule,
        "stage": str(rule.stage),
        "matched": rule.matched,
        "episodes": rule.fired,
        "peaks": {
            curve.measure: {"value": curve.peak, "at": _time(curve.peak_at)}
            for curve in rule.curves
        },
    }


def _grades(grades: Grades) -> Document:
    return {
        "hits": [
            {**_posted(hit.posted), "episode": iso(hit.outage.started_at), "early_s": hit.early}
            for hit in grades.hits
        ],
        "misses": [_posted(one) for one in grades.misses],
        "false_opens": [
            {"incident": one.incident, "page": one.page, "started_at": iso(one.started_at)}
            for one in grades.false_opens
        ],
        "uncovered": [_posted(one) for one in grades.uncovered],
        "rules": [
            {
                "id": score.rule,
                "opened": score.opened,
                "right": score.right,
                "posted": score.posted,
                "found": score.found,
            }
            for score in grades.scores
        ],
    }


def _posted(posted: Posted) -> Document:
    return {
        "id": posted.id,
        "page": posted.page,
        "title": posted.title,
        "components": list(posted.components),
        "started_at": iso(posted.started_at),
        "ended_at": _time(posted.ended_at),
    }


def differences_document(found: tuple[Difference, ...]) -> list[Document]:
    """Return *found* as `backtest --against --json` prints it, under `differences`."""
    return [
        {
            "incident": one.either.incident,
            "page": one.either.page,
            "changes": list(one.changes),
            "here": None if one.here is None else _episode(one.here),
            "there": None if one.there is None else _episode(one.there),
            "opens_later_s": one.later,
            "lasts_longer_s": one.longer,
        }
        for one in found
    ]


def _time(at: Instant | None) -> str | None:
    return None if at is None else iso(at)


def suggestions_document(found: tuple[Suggestion, ...], basis: Basis) -> Document:
    """Return *found* as `backtest --suggest --json` prints it, under `suggested`."""
    return {
        "days": round(basis.seconds / 86_400, 2),
        "outages": basis.outages,
        "outages_by_people": basis.by_people,
        "outages_unlisted": basis.unlisted,
        "thresholds": [asdict(one) for one in found],
    }
