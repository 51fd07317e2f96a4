"""What a meter says at a fraction of the cost is what the detectors' own measures say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builders import a_rule, a_trigger
from statusbridge.core.windows import Series
from statusbridge.rehearse.meters import MEASURES, Meter, Peaks

RULE = a_rule(
    triggers=(a_trigger(count=4, distinct_resources=2), a_trigger(distinct_accounts=3)), window=60
)
WIDTH, END = 30, 900

events = st.lists(
    st.tuples(
        st.integers(1, END), st.sampled_from([None, "SM1", "SM2", "SM3"]), st.sampled_from("abc")
    ),
    max_size=40,
).map(lambda drawn: sorted(drawn, key=lambda event: event[0]))


@given(events)
def test_peaks_are_the_highest_measures_of_their_stretch(
    drawn: list[tuple[int, str | None, str]],
) -> None:
    meter, series = Meter(RULE, 0, WIDTH), Series(RULE.window, RULE.measures)
    for event in drawn:
        meter.add(*event)
        series.add(*event)
    meter.finish(END)

    for place, name in enumerate(MEASURES):
        curve = meter.peaks[name].curve(name, END, 2000)
        for bucket, value in enumerate(curve.values):
            times = range(bucket * WIDTH, min(END + 1, (bucket + 1) * WIDTH))
            assert value == max(series.at(t)[place] for t in times)


@given(events)
def test_a_trigger_is_met_when_the_measures_reach_it(
    drawn: list[tuple[int, str | None, str]],
) -> None:
    meter, series = Meter(RULE, 0, WIDTH), Series(RULE.window, RULE.measures)
    met = set()
    for event in drawn:
        if meter.add(*event):
            met.add(event[0])
        series.add(*event)

    times = {at for at, _, _ in drawn}
    assert met == {
        at for at in times if any(series.at(at).reach(t.threshold) for t in RULE.triggers)
    }


def test_a_long_past_is_kept_in_longer_buckets(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("statusbridge.rehearse.meters._FINEST", 4)
    peaks = Peaks(0, 10)
    for at, value in ((5, 1), (15, 7), (35, 2), (75, 3)):
        peaks.note(at, value)

    assert (peaks.width, list(peaks.values)) == (20, [7, 2, 0, 3])
    assert peaks.curve("count", 79, 2).values == (7, 3)
