"""Every page on a phone and on a desk, light and dark, in both languages: it fits, it can be used, nothing leaks out."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Desk, Office

pytestmark = pytest.mark.one_database

#: who, path; {name} is a task's code
PAGES = (
    ("", "/sign-in"),
    ("", "/forgot"),
    ("", "/link?token=abc"),
    ("an", "/"),
    ("head", "/"),
    ("head", "/?view=assigned_by_me"),
    ("head", "/?view=watching&q=khongco"),
    ("chair", "/tasks/new"),
    ("an", "/tasks/{late}"),
    ("head", "/tasks/{waiting}"),
    ("chair", "/tasks/{asked}"),
    ("hr", "/scores"),
    ("hr", "/scores/an/2026-11"),
    ("hr", "/people"),
    ("head", "/me"),
    ("an", "/password"),
    ("an", "/no-such-page"),
    ("chair", "/simulator?person=an&person=head"),
)
#: width, dark, locale
LOOKS = ((360, False, "vi-VN"), (1280, True, "en-GB"))

_BAD = ("serious", "critical")
#: Everything one presses must be at least 44 px high or wide enough as a target (ui.md); links within text are exempt.
_SMALL = """() => [...document.querySelectorAll(
  'button, .button, summary, select, nav a, .tabs a, input:not([type=hidden]), label.check, .chips label, .picker label'
)].filter(e => e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !e.closest('.hidden, .chips input')
  && !e.matches('.hidden, .check input, .chips input, .picker label input, .attach input'))
  .map(e => [e, e.getBoundingClientRect()]).filter(([e, r]) => r.width && r.height < 43.5)
  .map(([e, r]) => e.outerHTML.slice(0, 120) + ' ' + r.height)"""


def faults(page: Page) -> list[str]:
    """What axe calls serious, with the elements it is about."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for fault in found
        if fault["impact"] in _BAD
        for node in fault["nodes"][:3]
    ]


@pytest.mark.parametrize(("width", "dark", "locale"), LOOKS)
@pytest.mark.parametrize(("who", "path"), PAGES)
def test_a_page_fits_and_can_be_used_by_everybody(
    desk: Desk, office: Office, who: str, path: str, width: int, dark: bool, locale: str
) -> None:
    office.speak(locale[:2])
    page = desk.open(path.format(**office.codes), who, width=width, dark=dark, locale=locale)
    page.evaluate("for (const fold of document.querySelectorAll('details.fold')) fold.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_SMALL) == []
    assert faults(page) == []
