from __future__ import annotations

from dataclasses import replace

from rehearse.findings import DAY, END, START, a_posted, an_outage
from rehearse.months import a_month
from statusbridge.core.model import Status
from statusbridge.rehearse.report.cards import cards
from statusbridge.rehearse.report.lanes import Bar, Segment, Timeline, timeline
from statusbridge.rehearse.report.material import Material, Other
from statusbridge.rehearse.report.places import Places, target
from statusbridge.rehearse.result import Grades, Hit, Outage

SMS = an_outage()


def drawn(*outages: Outage) -> Timeline:
    month = a_month(outages=outages, rules=(), grades=None)
    return timeline(Material(month, END), Places(START, END))


def test_a_bar_has_a_part_for_each_thing_that_the_public_read() -> None:
    places = Places(START, END)
    month = a_month(outages=(SMS,), rules=(), grades=None)

    (track,) = timeline(Material(month, END), places).tracks

    began = SMS.started_at
    bar = Bar(
        place=places.of(began + 240, began + 6900),
        target=target("ours", "sms-1"),
        label="Delays sending SMS\npartial outage · 7 Oct 09:04 – 10:55 UTC\n4 posts, 2 by mail",
        segments=(
            Segment(places.of(began + 240, began + 1500), "degraded_performance"),
            Segment(places.of(began + 1500, began + 5400), "partial_outage"),
            Segment(places.of(began + 5400, began + 6900), "monitoring"),
        ),
        lead=places.of(began, began + 240),
    )
    assert [(lane.whose, lane.rows) for lane in track.lanes] == [("ours", ((bar,),))]


def test_an_outage_of_two_components_stands_on_both() -> None:
    both = replace(SMS, components=("Messaging / SMS", "Voice / Calls"))

    assert [track.component for track in drawn(both).tracks] == ["Messaging / SMS", "Voice / Calls"]


def test_bars_that_overlap_stand_in_rows_of_their_own() -> None:
    later = an_outage("sms-3", SMS.started_at + 2 * DAY)
    meanwhile = an_outage("sms-2", SMS.started_at + 600)

    ((ours,),) = (track.lanes for track in drawn(SMS, meanwhile, later).tracks)

    assert [len(row) for row in ours.rows] == [2, 1]


def test_what_was_never_published_is_drawn_as_that() -> None:
    ((ours,),) = (track.lanes for track in drawn(replace(SMS, changes=(), posts=())).tracks)

    (bar,) = ours.rows[0]
    assert bar.unseen
    assert bar.segments == ()
    assert bar.label.endswith("not published: held, or over before a cycle came")


def test_an_outage_that_is_not_over_reaches_to_the_end() -> None:
    open_still = replace(SMS, ended_at=None, changes=SMS.changes[:2], posts=SMS.posts[:2])

    ((ours,),) = (track.lanes for track in drawn(open_still).tracks)

    assert "7 Oct 09:04 UTC – not over" in ours.rows[0][0].label


def test_components_without_incidents_are_named_not_drawn() -> None:
    month = a_month(outages=(SMS,), grades=None)

    found = timeline(Material(month, END), Places(START, END))

    assert [track.component for track in found.tracks] == ["Messaging / SMS"]
    assert found.quiet == ("Voice / Calls", "Verify")


def test_of_more_outages_than_can_be_looked_at_the_worst_are_drawn_and_the_rest_counted() -> None:
    many = [an_outage(f"sms-{n}", START + n * 600) for n in range(401)]
    least = replace(many[7], worst=Status.DEGRADED_PERFORMANCE)
    posted = a_posted("p1", START, 600)
    month = a_month(
        outages=(*many[:7], least, *many[8:]),
        rules=(),
        grades=Grades((posted,), (), (posted,), (), (), ()),
    )

    found = timeline(Material(month, END), Places(START, END))

    ours, people = found.tracks[0].lanes
    targets = {bar.target for row in ours.rows for bar in row}
    assert found.left_out == 1
    assert targets == {target("ours", one.id) for one in many if one.id != "sms-7"}
    assert len(people.rows[0]) == 1


def test_bars_say_whether_people_had_it_too() -> None:
    hit, missed = a_posted("p1", SMS.started_at + 300, 600), a_posted("p2", START, 600)
    false = an_outage("sms-2", START + DAY)
    grades = Grades((hit, missed), (Hit(hit, SMS, 60),), (missed,), (false,), (), ())
    month = a_month(outages=(SMS, false), rules=(), grades=grades)

    (track,) = timeline(Material(month, END), Places(START, END)).tracks

    tones = {bar.target: bar.tone for lane in track.lanes for row in lane.rows for bar in row}
    assert tones == {
        target("ours", "sms-1"): "good",
        target("ours", "sms-2"): "bad",
        target("people", "p1"): "good",
        target("people", "p2"): "bad",
    }


def test_an_outage_that_reads_the_same_under_both_is_told_once() -> None:
    worse = an_outage("sms-2", START + DAY)
    ours = a_month(outages=(SMS,), rules=(), grades=None)
    other = replace(ours, outages=(replace(SMS, id="theirs"), worse))
    material = Material(ours, END, Other("b.toml", other, ()))

    (track,) = timeline(material, Places(START, END)).tracks

    targets = [[bar.target for row in lane.rows for bar in row] for lane in track.lanes]
    assert targets == [
        [target("ours", "sms-1")],
        [target("others", "sms-2"), target("ours", "sms-1")],
    ]
    assert [card.id for card in cards(material)] == [
        target("others", "sms-2"),
        target("ours", "sms-1"),
    ]


def test_where_not_all_outages_fit_the_worst_and_longest_are_told() -> None:
    long_text = "x" * 4_000
    small = [
        an_outage(
            f"sms-{n}",
            START + n * 7200,
            posts=tuple(replace(post, text=long_text) for post in SMS.posts),
        )
        for n in range(40)
    ]
    longest = replace(small[20], ended_at=END)

    told = cards(Material(a_month(outages=(*small[:20], longest, *small[21:])), END))

    assert len(told) == 16
    assert target("ours", "sms-20") in {card.id for card in told}
