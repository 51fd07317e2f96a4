from __future__ import annotations

import pytest
from demo_scenes import AT, OPENED, STORY, a_page, a_scene, a_status

from statusbridge.commands.demo_scene import PULSE, Component, Face, Scene, Tally
from statusbridge.commands.demo_view import LEAST_HEIGHT, LEAST_WIDTH, lines
from statusbridge.simulators.page_state import Incident, Post


def shown(scene: Scene, width: int = 80, height: int = 24) -> list[str]:
    return [line.plain.rstrip() for line in lines(scene, width, height)]


def styles(scene: Scene, text: str) -> list[str]:
    """Return the styles of the spans that cover exactly *text*."""
    return [
        str(span.style)
        for line in lines(scene, 80, 24)
        for span in line.spans
        if line.plain[span.start : span.end].strip() == text
    ]


def test_view_shows_alerts_rules_page_and_daemon_in_the_order_in_which_the_bridge_works() -> None:
    scene = a_scene(page=a_page(OPENED, sms="degraded_performance"), status=a_status(72, "firing"))

    assert shown(scene) == [
        " statusbridge demo  the real daemon, two simulated APIs       0:07  Ctrl-C ends",
        " ✓ noise ── ▸ opened ── · worse ── · watched ── · resolved",
        "",
        " TWILIO  reports errors; whose fault are they?                           alerts",
        "   30008  carrier      carrier failed the message without a reason    ▁▄█    72",
        "",
        "",
        "",
        "",
        " RULES  decide whether customers should hear of it                    in window",
        "   sms-delivery     firing      ━━━━━━━━━━━━━━━━━━━┫━━━━━━━─────────────┤    72",
        "                                25 degraded performance   150 partial outage",
        "",
        " STATUS PAGE  “Example Status”, as customers read it",
        "   Messaging  ▲ SMS  degraded performance     ● WhatsApp",
        "              ● Dashboard",
        "   Delays sending SMS  investigating",
        "   00:00:00Z  investigating  Message 0.",
        "",
        "",
        "",
        "",
        "",
        " DAEMON  ready · read up to 23:59:58Z, 2 s ago · 142 alerts, 81 matched",
    ]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (LEAST_WIDTH, LEAST_HEIGHT), (200, 60)])
def test_view_never_exceeds_the_terminal(size: tuple[int, int]) -> None:
    width, height = size
    codes = (30008, 30410, 11200, 21610, 30003, None)
    scene = a_scene(
        tallies=tuple(Tally(code, 99_999, (60,) * PULSE) for code in codes),
        page=a_page(*STORY),
        status=a_status(9999, "recovering"),
    )

    found = lines(scene, width, height)

    assert len(found) == height
    assert max(line.cell_len for line in found) < width


def test_address_of_the_console_is_shown_once_it_is_known_also_where_it_is_narrow() -> None:
    first = shown(a_scene(console="http://127.0.0.1:65535/"), LEAST_WIDTH)[0]

    assert first == " statusbridge demo  console: http://127.0.0.1:65535/      0:07  Ctrl-C ends"


def test_oldest_posts_give_way_where_the_terminal_is_low() -> None:
    found = shown(a_scene(page=a_page(*STORY)), height=18)

    posts = [line.split()[-1] for line in found if "Message" in line]
    assert posts == ["3.", "2.", "1."]


def test_parts_stay_where_they_are_while_the_story_goes_on() -> None:
    def headings(scene: Scene) -> list[int]:
        names = (" TWILIO", " RULES", " STATUS PAGE", " DAEMON")
        return [n for n, line in enumerate(shown(scene)) if line.startswith(names)]

    more = tuple(Tally(code, 1, (0,) * PULSE) for code in (30008, 30410, 11200, 21610))
    end = a_scene(tallies=more, page=a_page(*STORY), status=a_status(200, "firing"))

    assert headings(a_scene(tallies=())) == headings(end)


def test_bar_is_full_to_a_threshold_once_that_is_reached() -> None:
    (before, at) = (shown(a_scene(status=a_status(count)))[10] for count in (24, 25))

    assert "━┤" not in before
    assert "━━━┫───" in at


def test_bar_follows_the_measure_that_is_furthest_from_what_is_needed() -> None:
    status = a_status(100)
    rule = status["rules"][0]
    rule["measures"]["distinct_resources"] = 0
    rule["needed"] = [{"status": "full_outage", "count": 10, "distinct_resources": 5, "hold": 60}]

    line = shown(a_scene(status=status))[10]

    assert "━" not in line
    assert line.endswith("┤ 10 full outage   100")


def test_daemon_that_is_not_ready_says_why() -> None:
    daemon = {"running": True, "ready": False, "reasons": ["account default: not read yet"]}

    scene = a_scene(status=a_status(daemon=daemon))

    assert shown(scene)[-1] == " DAEMON  not ready · account default: not read yet"


def test_daemon_that_has_read_nothing_yet_names_no_time() -> None:
    sources = [{"account": "default", "covered_until": None}]

    scene = a_scene(status=a_status(sources=sources))

    assert shown(scene)[-1] == " DAEMON  ready · 142 alerts, 81 matched"


def test_daemon_that_does_not_answer_yet_is_starting() -> None:
    found = shown(a_scene(status=None))

    assert (found[10], found[-1]) == ("   the daemon is starting", " DAEMON  starting")


def test_wide_characters_keep_the_columns_and_long_texts_wrap_under_themselves() -> None:
    components = (Component("メッセージ", "短信", "full_outage"), Component("", "API", "odd"))
    post = Post("01P", AT, "一部のメッセージが" * 4, "investigating")
    incident = Incident("01I", "01PAGE", "障害", AT, "investigating", (post,))

    found = shown(a_scene(page=Face("状態", components, (incident,))))

    start = found.index(" STATUS PAGE  “状態”, as customers read it")
    assert found[start + 1 : start + 6] == [
        "   メッセージ  ■ 短信  full outage",
        "               ○ API  odd",
        "   障害  investigating",
        "   00:00:00Z  investigating  一部のメッセージが一部のメッセージが一部のメッセー",
        "                             ジが一部のメッセージが",
    ]


def test_chapters_are_marked_as_over_once_the_page_shows_them() -> None:
    assert [shown(a_scene(page=a_page(*STORY[:n])))[1] for n in (0, 2, 4)] == [
        " ▸ noise ── · opened ── · worse ── · watched ── · resolved",
        " ✓ noise ── ✓ opened ── ▸ worse ── · watched ── · resolved",
        " ✓ noise ── ✓ opened ── ✓ worse ── ✓ watched ── ✓ resolved",
    ]


def test_status_has_a_colour_beside_its_mark_and_word() -> None:
    scene = a_scene(page=a_page(OPENED, sms="partial_outage"))

    assert styles(scene, "◆") == ["dark_orange"]
    assert styles(scene, "partial outage") == ["bold dark_orange"]
