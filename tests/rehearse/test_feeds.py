from statusbridge.core.model import Alert
from statusbridge.core.rules import Probe
from statusbridge.rehearse.feeds import Span, arrivals
from statusbridge.rehearse.replay import Arrival
from statusbridge.rehearse.tables import AlertTable

START = 1_774_746_000
HOUR = Span(START, START + 3600)


def made(span: Span = HOUR, label: str = "a/0", **keys: object) -> list[Arrival]:
    table = AlertTable.model_validate(keys)
    return arrivals(table, span, "prod", label, (Probe("timeout"), Probe("502", "httpResponse")))


def test_an_alert_is_read_as_one_of_twilios() -> None:
    (arrival,) = made(
        at="10s",
        late="5m",
        code=11200,
        level="warning",
        resource="CA{n}",
        service="MG00000000000000000000000000000000",
        request_url="https://Hooks.example.com/voice/{n}",
        text="httpResponse=502&Msg=Connection+timeout",
    )

    alert = arrival.alert
    assert arrival.seen == START + 310
    assert alert == Alert(
        "prod",
        alert.sid,
        START + 10,
        11200,
        "warning",
        alert.resource,
        "MG00000000000000000000000000000000",
        "hooks.example.com",
        ("httpResponse=502", "text~timeout"),
    )
    assert (alert.sid[:2], str(alert.resource)[:2]) == ("NO", "CA")


def test_every_alert_is_another_and_has_its_number() -> None:
    found = [
        arrival.alert for arrival in made(every="2s", times=1500, code=30008, resource="SM{n}")
    ]

    assert [alert.at - START for alert in found] == [2 * n for n in range(1500)]
    assert len({alert.sid for alert in found}) == len({alert.resource for alert in found}) == 1500
    assert len({a.alert.resource for a in made(every="2s", times=9, resource="SM1")}) == 1


def test_chance_depends_on_the_label_alone_and_stays_within_the_spread() -> None:
    one, same, other = (made(times=200, spread="10m", label=name) for name in ("a", "a", "b"))

    assert one == same
    assert [a.seen for a in one] != [a.seen for a in other]
    assert all(START <= a.alert.at < START + 600 for a in one)
    assert len({a.alert.at for a in one}) > 100


def test_what_happens_after_the_test_is_not_made() -> None:
    assert len(made(every="1h", times=100_000)) == 2
    assert len(made(at="30m", every="366d", times=100_000, late="366d")) == 1


def test_an_alert_without_a_code_has_none() -> None:
    (arrival,) = made(level="notice")

    assert (arrival.alert.code, arrival.alert.level) == (None, "notice")
