"""The report in a real browser, without a window and without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import browser
from browser import Tab
from rehearse.findings import END
from rehearse.months import a_month
from rehearse.test_report_page import full, hostile
from statusbridge.rehearse.report.material import Material
from statusbridge.rehearse.report.page import page

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(browser.PATH is None, reason="no Chromium here; apt-get install chromium"),
]

# Each text of the page that is to be seen, with the contrast of its colour to what is behind it.
CONTRASTS = """
(() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const light = (colour) => {
    const [r, g, b] = colour.map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const colour = rgba(getComputedStyle(element).backgroundColor);
    return colour[3] === 1 ? colour.slice(0, 3) : over(colour, behind(element.parentElement));
  };
  for (const part of document.querySelectorAll("details")) part.open = true;
  return [...document.querySelectorAll("body *")]
    .filter((element) => !element.closest("script, style, title, desc, .hidden"))
    .filter((element) => element.checkVisibility())
    .filter((element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((element) => {
      const style = getComputedStyle(element);
      const back = behind(element);
      const text = element instanceof SVGElement ? style.fill : style.color;
      const [high, low] = [light(over(rgba(text), back)), light(back)].sort((a, b) => b - a);
      return [Math.round(((high + 0.05) / (low + 0.05)) * 100) / 100, element.className.baseVal
        ?? element.className, element.textContent.trim().slice(0, 40)];
    });
})()
"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser.browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_bytes(page(full()))
    return path


def middle(tab: Tab, selector: str) -> tuple[float, float]:
    """The middle of the first element of *selector*, scrolled to where it is seen."""
    x, y = tab.evaluate(f"""(() => {{
      const element = document.querySelector({selector!r});
      element.scrollIntoView({{ block: "center" }});
      const box = element.getBoundingClientRect();
      return [box.left + box.width / 2, box.top + box.height / 2];
    }})()""")
    return x, y


def text(tab: Tab, selector: str) -> str:
    found: str = tab.evaluate(f"document.querySelector({selector!r}).innerText")
    return found


def click(tab: Tab, selector: str) -> None:
    x, y = middle(tab, selector)
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        tab.mouse(kind, x, y)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_page_complains_of_nothing_asks_for_nothing_and_fits(
    tab: Tab, report: Path, width: int, dark: bool
) -> None:
    tab.seen.clear()

    tab.open(report, width, dark=dark)

    assert tab.complaints() == []
    assert tab.requests() == [report.resolve().as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(tab: Tab, report: Path, dark: bool) -> None:
    tab.open(report, 1400, dark=dark)

    found = tab.evaluate(CONTRASTS)

    assert len(found) > 200
    assert [one for one in found if one[0] < 4.5] == []


def test_words_of_others_are_never_run(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_bytes(page(Material(hostile(a_month()), END)))
    tab.seen.clear()

    tab.open(path, 400)

    assert tab.complaints() == []
    assert tab.requests() == [path.resolve().as_uri()]
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400


def test_the_pointer_shows_the_value_of_each_measure_at_its_time(tab: Tab, report: Path) -> None:
    tab.open(report, 1400)
    x, y = middle(tab, "#rule-0-count")

    tab.mouse("mouseMoved", x, y)

    assert text(tab, "output.when") == "16 Oct 00:00 UTC"
    assert tab.evaluate("document.querySelectorAll('.now b').length") == 9
    value = a_month().rules[0].curves[0].values[1000]
    assert text(tab, ".now").startswith(f"{value} ")


def test_a_bar_tells_its_values_under_the_pointer_and_under_the_focus(
    tab: Tab, report: Path
) -> None:
    told = "Delays sending SMS\npartial outage · 7 Oct 09:04 – 10:55 UTC\n4 posts, 2 by mail"
    tab.open(report, 1400)

    tab.mouse("mouseMoved", *middle(tab, ".ours a.bar"))
    assert text(tab, "#tip").startswith(told)

    tab.mouse("mouseMoved", 1, 1)
    assert tab.evaluate("document.querySelector('#tip').hidden")

    tab.evaluate("document.querySelector('.ours a.bar').focus()")
    assert text(tab, "#tip").startswith(told)


@pytest.mark.parametrize("width", [400, 1400])
def test_a_click_on_a_bar_shows_its_texts_and_zooms_and_escape_goes_back(
    tab: Tab, report: Path, width: int
) -> None:
    tab.open(report, width)
    whole = tab.evaluate("document.querySelector('svg.field').getAttribute('viewBox')")

    click(tab, ".ours a.bar")

    shown = text(tab, "#selected")
    assert [post.text for post in a_month().outages[0].posts if post.text not in shown] == []
    zoomed = tab.evaluate("document.querySelector('svg.field').getAttribute('viewBox')")
    assert zoomed != whole
    assert tab.evaluate("document.documentElement.scrollWidth") <= width

    tab.key("Escape")

    assert tab.evaluate("document.querySelector('#selected').hidden")
    assert tab.evaluate("document.querySelector('svg.field').getAttribute('viewBox')") == whole


def test_an_incident_of_people_is_told_by_what_became_of_it(tab: Tab, report: Path) -> None:
    tab.open(report, 1400)

    click(tab, ".people a.bar")

    assert "These rules: found, 15\u00a0min before people." in text(tab, "#selected")


def test_arrow_keys_read_a_measure_bucket_by_bucket(tab: Tab, report: Path) -> None:
    tab.open(report, 1400)
    tab.key("Tab")
    tab.evaluate("document.querySelector('#rule-0-count').focus()")

    said = [text(tab, "body > output")]
    for key in ("ArrowRight", "ArrowLeft", "Home", "End"):
        tab.key(key)
        said.append(text(tab, "body > output"))

    values = a_month().rules[0].curves[0].values
    top = values.index(max(values))
    places = (top, top + 1, top, 0, len(values) - 1)
    assert [one.split(" ")[0] for one in said] == [f"{values[place]:,}" for place in places]
    assert said[0] == "812 alerts in 10\u00a0min, 7 Oct 09:43 – 10:04 UTC"


def test_a_stretch_drawn_with_the_mouse_is_looked_at(tab: Tab, report: Path) -> None:
    tab.open(report, 1400)
    x, y = middle(tab, "#rule-0-count")

    tab.mouse("mousePressed", x, y)
    tab.mouse("mouseMoved", x + 100, y)
    tab.mouse("mouseReleased", x + 100, y)

    assert not tab.evaluate("document.querySelector('.reset').hidden")
    assert tab.complaints() == []

    click(tab, ".reset")

    assert tab.evaluate("document.querySelector('.reset').hidden")


def test_without_a_script_all_of_it_can_be_read(tab: Tab, report: Path) -> None:
    tab.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(report, 400)

        assert text(tab, "h1").startswith("These rules would have told of 2 of the 3 incidents")
        assert tab.evaluate("document.querySelector('a.bar').title").startswith("Delays")
        assert tab.evaluate("document.querySelectorAll('.tick').length") >= 4
        bar = "document.querySelector('a.bar').getBoundingClientRect()"
        assert 0 < tab.evaluate(f"{bar}.left") < 400
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    finally:
        tab.call("Emulation.setScriptExecutionDisabled", value=False)
