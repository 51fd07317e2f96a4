"""A long past is stored in portions of several answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from builders import T0, an_alert
from statusbridge.core.coverage import Batch, Budget, Coverage, Gap, joined
from statusbridge.core.errors import Unavailable
from statusbridge.core.model import Alert
from world import World


class LongPast:
    """A source that lists so many answers of one alert each, and then can't be reached."""

    account = "prod"

    def __init__(self, answers: int) -> None:
        self._answers = answers

    async def poll(self, coverage: Coverage, budget: Budget) -> AsyncGenerator[Batch, None]:
        for n in range(self._answers):
            yield Batch((an_alert(T0 - n),), Coverage(heard_until=T0 - n), malformed=1)
        raise Unavailable("connection reset")


async def test_all_that_came_before_an_error_is_stored() -> None:
    world = World()
    world.bridge.sources = (LongPast(answers=23),)

    report = await world.cycle(0)

    assert (report.alerts, report.malformed) == (23, 23)
    assert [a.at for a in world.store.alerts_after(0)] == list(range(T0 - 22, T0 + 1))
    assert world.store.coverage() == {"prod": Coverage(heard_until=T0 - 22)}


async def test_ten_answers_are_stored_at_a_time() -> None:
    world, portions = World(), []
    real = world.store.record

    def counted(account: str, batch: Batch) -> tuple[list[Alert], bool]:
        portions.append(len(batch.alerts))
        return real(account, batch)

    world.store.record = counted  # type: ignore[method-assign]
    world.bridge.sources = (LongPast(answers=23),)

    await world.cycle(0)

    assert portions == [10, 10, 3]


def test_joined_batches_say_what_they_said_one_after_the_other() -> None:
    first = Batch((an_alert(T0),), Coverage(heard_until=1), (Gap(0, 1, "lost"),), 1, ("odd",))
    second = Batch((an_alert(T0 - 1),), Coverage(heard_until=2), (Gap(1, 2, "lost"),), 2, ("odd",))

    assert joined([first, second]) == Batch(
        (an_alert(T0), an_alert(T0 - 1)),
        Coverage(heard_until=2),
        (Gap(0, 1, "lost"), Gap(1, 2, "lost")),
        3,
        ("odd",),
    )
    assert joined([first]) == first


def test_of_known_and_repeated_alerts_only_the_new_are_told_once() -> None:
    store = World().store
    known, new = an_alert(T0), an_alert(T0 + 1)
    store.record("prod", Batch((known,), Coverage()))

    fresh, changed = store.record("prod", Batch((new, known, new), Coverage()))

    assert (fresh, changed) == ([new], False)
