"""What was read before a rule asked about other words."""

from __future__ import annotations

from twilio_fake import FakeTwilio, Stored, iso

from builders import T0, a_rule
from statusbridge.adapters.twilio_monitor import Settings, TwilioMonitor
from statusbridge.core.keeping import lookback_of
from statusbridge.core.rules import Match, Probe, Recovery, Rule, probes
from world import World

HOUR = 3600


def asking_for(words: str) -> Rule:
    match = Match(texts=((Probe(words),),))
    return a_rule(window=HOUR, match=match, recovery=Recovery(after=600, settle=600))


def read_by(world: World, twilio: FakeTwilio, rule: Rule) -> None:
    """Configure *rule*, as a reload does."""
    world.configure(rule)
    settings = Settings(lookback_of((rule,), overlap=900))
    world.bridge.sources = (TwilioMonitor("prod", twilio, probes((rule,)), settings, twilio.clock),)


async def test_other_words_are_asked_of_what_was_read_before_they_end_an_outage() -> None:
    text = "Msg=connection+timed+out"
    storm = [Stored(f"NO{n}", T0 - 1800 + n, text=text) for n in range(4)]
    world, twilio = World(), FakeTwilio(T0, storm)
    read_by(world, twilio, asking_for("timed out"))
    await world.cycle(0)
    (opened,) = world.posts

    twilio.now += 1200
    read_by(world, twilio, asking_for("connection timed out"))
    await world.cycle(1200)

    assert world.posts == [opened]


async def test_words_that_stay_are_not_asked_again() -> None:
    world, twilio = World(), FakeTwilio(T0)
    read_by(world, twilio, asking_for("timed out"))
    await world.cycle(0)
    twilio.now += 30
    asked = len(twilio.asked)

    read_by(world, twilio, asking_for("timed out"))
    await world.cycle(30)

    (question,) = twilio.asked[asked:]
    assert question["StartDate"] == iso(T0 - 900)
