"""Every page on a phone and on a desk, light and dark, in both languages: it fits, it can be used, nothing leaks out."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Desk, Office

pytestmark = [pytest.mark.one_database, pytest.mark.slow]

#: Pages by who opens them; {name} is a task's code.
PAGES = {
    "": ("/sign-in", "/forgot", "/link?token=abc"),
    "an": ("/", "/tasks/{late}", "/password", "/no-such-page", "/tasks/new", "/calendars?year=2026"),
    "head": (
        "/",
        "/?view=assigned_by_me",
        "/?view=watching&q=khongco",
        "/tasks/{waiting}",
        "/me",
        "/calendars/proposals",
        "/reminding",
    ),
    "chair": ("/tasks/new", "/tasks/{asked}", "/simulator?person=an~zalo&person=head"),
    "hr": (
        "/scores",
        "/scores/an/2026-11",
        "/people",
        "/calendars?unit=ubnd&year=2027",
        "/calendars/year?unit=ubnd&year=2028",
        "/channels",
    ),
}
#: width, dark, locale
LOOKS = (
    (360, False, "vi-VN"),
    (1280, True, "en-GB"),
    pytest.param(360, True, "en-GB", marks=pytest.mark.soak),
    pytest.param(1280, False, "vi-VN", marks=pytest.mark.soak),
)

_BAD = ("serious", "critical")
_AXE = Axe().axe_script
#: WCAG 2.2 AA; only faults come back, a list of everything that is fine takes longer than finding it.
_RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}
#: Everything one presses must be at least 44 px high or wide enough as a target (ui.md); links within text are exempt.
_SMALL = """() => [...document.querySelectorAll(
  'button, .button, summary, select, nav a, .tabs a, input:not([type=hidden]), label.check, .chips label, .picker label'
)].filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest('.hidden, .chips input')
  && !e.matches('.hidden, .check input, .chips input, .picker label input, .attach input'))
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width && r.height < 43.5)
  .map(([e, r]) => e.outerHTML.slice(0, 120) + ' ' + r.height)"""


def faults(page: Page, part: str = "html") -> list[str]:
    """What axe calls serious in a part of the page, with the elements it is about."""
    page.evaluate(_AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "([part, rules]) => axe.run(part, rules).then(found => found.violations)", [part, _RULES]
    )
    return [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for fault in found
        if fault["impact"] in _BAD
        for node in fault["nodes"][:3]
    ]


def wrong(page: Page, place: int, width: int, dark: bool, *, javascript: bool = True) -> list[str]:
    """What cannot be read or pressed on the page that is open, the ``place``-th of a test.

    axe takes most of the time. In `make test` it looks at each page once: at every second one on the light phone, at the
    others on the dark desk; in `make soak` at all of them on the dark phone and on the light desk.
    """
    page.evaluate("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")
    wide = page.evaluate("document.documentElement.scrollWidth")
    axe = javascript and ((width < 600) == dark or place % 2 == dark)
    return [
        *page.evaluate(_SMALL),
        *(faults(page) if axe else []),
        *([f"{wide} px wide"] if wide > width else []),
    ]


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
@pytest.mark.parametrize("who", PAGES)
def test_pages_fit_and_can_be_used_by_everybody(
    desk: Desk, office: Office, who: str, width: int, dark: bool, locale: str
) -> None:
    office.speak(locale[:2])
    page = desk.open("/sign-in", who, width=width, dark=dark, locale=locale)
    found: dict[str, list[str]] = {}
    for place, path in enumerate(PAGES[who]):
        page.goto(office.url + path.format(**office.codes))
        found[path] = wrong(page, place, width, dark)
    assert not any(found.values()), {path: what for path, what in found.items() if what}


def test_the_api_reference_fits_a_phone(desk: Desk) -> None:
    page = desk.open("/api", dark=True)
    page.locator("#room-tasks summary").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(page, "#room-tasks") == []
