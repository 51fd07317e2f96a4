"""Receivers of notices that stand in for people's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from statusbridge.core.notice_texts import Message
from statusbridge.core.outcome import Applied, Outcome, Unknown


@dataclass
class Ear:
    """A receiver that remembers what it took. `answers` decides how the next messages end."""

    name: str = "webhook"
    answers: list[Outcome] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    got: list[Message] = field(default_factory=list)
    """Whatever came, taken or not."""

    async def tell(self, message: Message) -> Outcome:
        self.got.append(message)
        outcome = self.answers.pop(0) if self.answers else Applied()
        if isinstance(outcome, Applied):
            self.heard.append(message)
        return outcome

    def told(self) -> list[tuple[str, str]]:
        """Each event that was taken, with its state."""
        return [(str(message.notice.event), message.state) for message in self.heard]


@dataclass
class Deaf(Ear):
    """A receiver that takes a connection and never answers."""

    async def tell(self, message: Message) -> Outcome:
        self.got.append(message)
        await asyncio.Event().wait()
        return Unknown("never")
