"""The pages of `overnight serve` in a real browser: phone and desk, light and dark, keyboard, live, orders."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from builders import concluded
from live_serving import Served, caller_for, served
from opening import running_browser
from playwright.sync_api import Browser, Page, ViewportSize, expect
from surface_campaigns import Made, campaign_of, running
from viewing import DESK, View, Watched

CAMPAIGN = "/repos/repo/campaigns/night"
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A campaign with experiments under way."""
    return campaign_of(tmp_path / "repo", 3, ended=False)


@pytest.fixture
def server(made: Made) -> Iterator[Served]:
    """A server of that campaign."""
    with served(caller_for(made.repository)) as server:
        yield server


@pytest.fixture
def visit(browser: Browser, server: Served) -> Iterator[Visit]:
    """Opens pages; at the end checks that none of them fetched from elsewhere, logged, threw or popped up anything."""
    watched: list[Watched] = []

    def visit(address: str, view: View = DESK) -> Page:
        size = ViewportSize(width=view.width, height=view.height)
        context = browser.new_context(viewport=size, color_scheme=view.scheme, reduced_motion=view.motion)
        contexts.callback(context.close)
        watched.append(Watched(context, f"{server.url}/", below=True))
        page = context.new_page()
        page.goto(server.url + address)
        return page

    with ExitStack() as contexts:
        yield visit
    assert [(one.fetched, one.said) for one in watched] == [([], [])] * len(watched)


def test_what_a_session_does_is_shown_while_the_reader_writes(visit: Visit, made: Made) -> None:
    """New figures appear without a reload; focus, text and selection stay as the reader has them."""
    page = visit(CAMPAIGN)
    expect(page.locator("#live")).to_have_text("Live")
    words = page.locator("textarea[name=text]")
    words.fill("warm up over fewer steps")
    words.evaluate("one => one.setSelectionRange(5, 7)")
    before = page.locator("#status").inner_text()
    with running(made) as ledger:
        ledger.append(concluded(4))
        expect(page.locator("#status")).not_to_have_text(before)
        page.wait_for_function("before => document.querySelector('#status').innerText != before", arg=before)
    assert words.evaluate("one => [document.activeElement === one, one.value, one.selectionStart, one.selectionEnd]") == [
        True,
        "warm up over fewer steps",
        5,
        7,
    ]
