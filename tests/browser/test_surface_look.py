"""The look of the pages in a real browser: the reader's colours, on paper, and at rest."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from opening import running_browser
from playwright.sync_api import Browser, Page, ViewportSize
from surface_campaigns import campaign_of
from surface_server import Surface, running
from viewing import DESK, View

CAMPAIGN = "/repos/repo/campaigns/night"
Visit = Callable[[str, View], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    """A server of a campaign."""
    made = campaign_of(tmp_path_factory.mktemp("served") / "repo", 3)
    with running(tmp_path_factory.mktemp("state"), repositories={"repo": made.repository}) as server:
        yield server


@pytest.fixture
def visit(browser: Browser, server: Surface) -> Iterator[Visit]:
    """Opens pages of the server."""

    def visit(address: str, view: View) -> Page:
        size = ViewportSize(width=view.width, height=view.height)
        context = browser.new_context(viewport=size, color_scheme=view.scheme, reduced_motion=view.motion)
        contexts.callback(context.close)
        page = context.new_page()
        page.goto(server.origin + server.link())
        page.goto(server.origin + address)
        return page

    with ExitStack() as contexts:
        yield visit


def test_the_choice_of_colours_holds_on_the_next_page(visit: Visit, server: Surface) -> None:
    """Dark, chosen with the keyboard, is dark on every page of the server, until auto is chosen."""
    page = visit(CAMPAIGN, DESK)
    page.locator("#theme-auto").focus()
    page.keyboard.press("ArrowLeft")  # wraps around to the last one
    page.goto(f"{server.origin}{CAMPAIGN}/ideas")
    assert page.locator("#theme-dark").is_checked()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    page.locator("#theme-auto").check()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_paper_is_white_and_has_no_controls(visit: Visit) -> None:
    """In print a page is light, its folded parts are open, and what only a screen needs is hidden."""
    page = visit(f"{CAMPAIGN}/experiments/3", View(scheme="dark"))
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".bar").is_visible()
    assert page.evaluate("document.querySelector('details li').checkVisibility()")


def test_nothing_moves(visit: Visit) -> None:
    """A reader who prefers less motion gets none."""
    page = visit(CAMPAIGN, View(motion="reduce"))
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].map(one => getComputedStyle(one)).filter(style =>"
        " style.transitionDuration !== '0s' || style.animationName !== 'none' || style.scrollBehavior !== 'auto').length"
    )
    assert (moving, page.evaluate("document.getAnimations().length")) == (0, 0)
