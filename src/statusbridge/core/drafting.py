"""What is due, in words: a draft complete but for the moment of writing, or held for its text.

Knows what is due and why; not whether it is (`core.plan`), nor whether it may (`core.restrain`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo

from statusbridge.core.episodes import Episode
from statusbridge.core.live import Structure
from statusbridge.core.model import (
    ComponentStatus,
    IncidentStatus,
    Instant,
    Notify,
    Status,
)
from statusbridge.core.operations import (
    Action,
    Draft,
    Held,
    HeldReason,
    Ledger,
    Reason,
    Said,
    Verdict,
)
from statusbridge.core.rules import Rule
from statusbridge.core.texts import (
    FALLBACK_RESOLVED,
    PLAIN,
    Clock,
    listed,
    public_values,
    source_for,
)
from statusbridge.core.wording import TEXT_LIMIT, TITLE_LIMIT, unfit, unpublishable

Render = Callable[[str, Mapping[str, str]], str]
"""Fill a template's variables. Raises ValueError where the template does not allow it."""


AS_RULED = Verdict(True, "")
"""Nobody had a word to say but the rules."""


@dataclass(frozen=True, slots=True)
class Due:
    """What the public should read next, and why.

    *asked*: what the episode asks of each component, one that is over at its worst.
    """

    said: Said
    reason: Reason
    asked: tuple[ComponentStatus, ...]


def held_back(episode: Episode, reason: HeldReason, detail: str) -> Held:
    """Return what is due for *episode* as held."""
    return Held(episode.group.incident, episode.id, reason, detail)


def objection(given: str, render: Render, longest: int) -> str:
    """Return why *given*, words of a person for the page, must not be published; "": they may be.

    Whoever gives them is told by this at once, what would else keep them back for good.
    """
    try:
        # Filled into nothing: what must not be published of any text is found there.
        shown = render("{{ page }}", {"page": given})
    except ValueError as error:
        return str(error)
    return unpublishable(shown, longest)


def shown_title(
    episode: Episode, ledger: Ledger, opener: Rule | None, render: Render, clock: Clock
) -> str:
    """Return the incident's title in one line, as it is on the page or would be; "": none is fit.

    What is not on a page yet names nothing of a page's own.
    """
    if ledger.name is not None:
        shown = (char if char.isprintable() else " " for char in ledger.name)
        return " ".join("".join(shown).split())[:TITLE_LIMIT]
    if opener is None:
        return ""
    values = {**public_values(episode, (), episode.peak, "", clock), **PLAIN}
    source = opener.texts.title
    try:
        text = render(source, values)
    except ValueError:
        return ""
    fits = len(text) <= TITLE_LIMIT and text.isprintable() and not unfit(source, text)
    return text if fits else ""


@dataclass(frozen=True, slots=True)
class Drafter:
    """What words are made of, for one page at one time."""

    rules: Mapping[str, Rule]
    structure: Structure
    now: Instant
    render: Render
    zone: tzinfo

    def draft(self, episode: Episode, ledger: Ledger, due: Due) -> Draft | Held:
        """Return *due* in words; held where a text of it must not be published."""
        said, reason = due.said, due.reason
        cause = self._rule(episode, episode.cause)
        opener = self._rule(episode, episode.opened_by)
        if cause is None or opener is None:
            return self._without_rules(episode, ledger, due)
        action = Action.OPEN if ledger.said is None else Action.UPDATE
        action = Action.RESOLVE if reason is Reason.ENDED else action
        missed = reason is Reason.MISSED
        values = self._values(episode, due, said)
        # What is told afterwards begins with how bad it was.
        began = self._values(episode, due, _at_worst(due)) if missed else values
        given = ledger.verdict or AS_RULED
        text = given.text if reason is Reason.BEGAN else ""
        message = self._words(text, source_for(cause.texts, reason), values, TEXT_LIMIT)
        name = self._words(given.title, opener.texts.title, began, TITLE_LIMIT)
        if message.unsafe and action is Action.RESOLVE:
            message = _Text(FALLBACK_RESOLVED, simplified=message.unsafe)
        opening = self._words(given.text, cause.texts.investigating, began, TEXT_LIMIT)
        timeline = self._timeline(episode, due, opening, message) if missed else ()
        titled = (name,) if action is Action.OPEN else ()
        texts = (message, *titled, *(text for _, _, text in timeline))
        if unsafe := next((text.unsafe for text in texts if text.unsafe), ""):
            return held_back(episode, HeldReason.UNSAFE_TEXT, unsafe)
        return Draft(
            action=action,
            reason=reason,
            episode=episode.id,
            incident=episode.group.incident,
            incident_id=ledger.incident_id,
            rules=tuple(sorted(member.rule for member in episode.members)),
            name=ledger.name or name.text,
            said=said,
            message=message.text,
            notify=self._notifies(_says(opener, cause, action), action, reason, ledger),
            retrospective=tuple((at, then, text.text) for at, then, text in timeline),
            stage=episode.group.stage,
            quiet_since=episode.quiet_since,
            simplified=next((text.simplified for text in texts if text.simplified), ""),
        )

    def _rule(self, episode: Episode, id: str) -> Rule | None:  # noqa: A002
        """Return rule *id*, or where it was removed another of the episode; None: none is left."""
        ids = (id, *(member.rule for member in episode.members))
        return next((self.rules[i] for i in ids if i in self.rules), None)

    def _without_rules(self, episode: Episode, ledger: Ledger, due: Due) -> Draft | Held:
        """An outage that was over before its rules were removed is still resolved."""
        if due.reason is not Reason.ENDED:
            return held_back(episode, HeldReason.ORPHANED, "its rules were removed")
        return Draft(
            action=Action.RESOLVE,
            reason=due.reason,
            episode=episode.id,
            incident=episode.group.incident,
            incident_id=ledger.incident_id,
            rules=tuple(sorted(member.rule for member in episode.members)),
            name=ledger.name or "",
            said=due.said,
            message=FALLBACK_RESOLVED,
            notify=ledger.notified,
            stage=episode.group.stage,
        )

    def _values(self, episode: Episode, due: Due, said: Said) -> Mapping[str, str]:
        by_id = {component.id: component.name for component in self.structure.components}
        return public_values(
            episode,
            (by_id[line.component] for line in due.asked),
            max((line.status for line in said.components), default=Status.OPERATIONAL),
            self.structure.name,
            Clock(self.now, self.zone),
        )

    def _safe(self, source: str, values: Mapping[str, str], longest: int) -> _Text:
        """Render *source*; where it must not be published, without the names that others gave.

        What must not be published even so comes back as the reason why not.
        """
        text = self._rendered(source, values, longest)
        if not text.unsafe:
            return text
        plain = self._rendered(source, {**values, **PLAIN}, longest)
        return text if plain.unsafe else replace(plain, simplified=text.unsafe)

    def _words(self, given: str, source: str, values: Mapping[str, str], longest: int) -> _Text:
        """Return what a person has *given*, or else *source* rendered."""
        if not given:
            return self._safe(source, values, longest)
        why = objection(given, self.render, longest)
        return _Text(unsafe=why) if why else _Text(given)

    def _rendered(self, source: str, values: Mapping[str, str], longest: int) -> _Text:
        if (most := max(map(len, values.values()))) > TEXT_LIMIT:
            # A template of some hundred variables would make a thousandfold of it.
            return _Text(unsafe=f"a name or list of names has {most} characters")
        try:
            text = self.render(source, values)
        except ValueError as error:
            return _Text(unsafe=f"a text can't be rendered: {error}")
        if not text.strip() or len(text) > longest:
            return _Text(unsafe=f"a text has {len(text)} characters, 1 to {longest} are allowed")
        if len(text.splitlines()) > len(source.splitlines()):
            return _Text(unsafe="a text has more than the lines of its template")
        if found := unfit(source, text):
            return _Text(unsafe=f"a text would publish {listed(found)}")
        return _Text(text)

    @staticmethod
    def _notifies(notify: Notify, action: Action, reason: Reason, ledger: Ledger) -> bool:
        if action is Action.OPEN:
            return notify is not Notify.NEVER and reason is not Reason.MISSED
        if action is Action.RESOLVE:
            return ledger.notified and notify in (Notify.OPEN_AND_CLOSE, Notify.ALL)
        return notify is Notify.ALL

    def _timeline(
        self, episode: Episode, due: Due, began: _Text, ended: _Text
    ) -> tuple[tuple[Instant, Said, _Text], ...]:
        quiet = episode.quiet_since or episode.ended_at or self.now
        return (
            (episode.started_at, _at_worst(due), began),
            (max(quiet, episode.started_at + 1), Said(IncidentStatus.RESOLVED), ended),
        )


def _at_worst(due: Due) -> Said:
    """Return what the public would have read of an outage at its worst."""
    return Said(IncidentStatus.INVESTIGATING, due.asked)


def _says(opener: Rule, cause: Rule, action: Action) -> Notify:
    """Return whose word on mails holds: whoever mailed the opening also mails its end."""
    return opener.notify if action is Action.RESOLVE else cause.notify


@dataclass(frozen=True, slots=True)
class _Text:
    text: str = ""
    unsafe: str = ""
    """Why it must not be published; then there is none."""
    simplified: str = ""
    """Why it is another than it should be."""
