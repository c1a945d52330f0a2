"""The pages of a hub in a real browser, on a phone: hostile words of strangers, nothing sideways, contrast, an order."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import hostile
import pytest
from anyio.from_thread import start_blocking_portal
from opening import running_browser
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pool_desks import open_desk
from pool_founders import block, desk_over, submitted
from surface_server import Surface, running
from targets import make_repo
from viewing import PHONE, Watched, unfold

from overnight.git.repository import open_repository
from overnight.pool.hub.opening import hub_folder
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.application import application
from overnight.pool.serving.desk import Desk
from overnight.pool.serving.public_pages import PublicPages
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text()
HUB = "/repos/pool/hub"
ADDRESSES = (HUB, f"{HUB}/chain", f"{HUB}/blocks/1", f"{HUB}/board", f"{HUB}/join")
LEAST_CONTRAST = 4.5  # WCAG 2.2, level AA
Visit = Callable[[str], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Of a hub to which strangers sent hostile words."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repository = make_repo(tmp_path / "pool", "no program")
    (repository / "hub.yaml").write_text("project: small\ninvitations: true\n")
    made = desk_over(repository)
    with made.record:
        for number in (7, 8):
            block(made, number, hypothesis=hostile.EVERYTHING[:500])
        submitted(made, 9, hypothesis="x" * 500)
        yield made


@pytest.fixture(params=["light", "dark"])
def visit(browser: Browser, desk: Desk, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """Opens pages on a phone; at the end checks that none of them fetched from elsewhere, logged or threw anything."""
    with ExitStack() as stack:
        server: Surface = stack.enter_context(running(tmp_path / "tokens", repositories={"pool": tmp_path / "pool"}))
        size = ViewportSize(width=PHONE.width, height=PHONE.height)
        context = browser.new_context(viewport=size, color_scheme=request.param, has_touch=True)
        stack.callback(context.close)
        watched = Watched(context, f"{server.origin}/", below=True)
        page = context.new_page()
        page.goto(server.origin + server.link())

        def visit(address: str) -> Page:
            answer = page.goto(server.origin + address)
            assert answer and answer.status == 200, address
            return page

        yield visit
        assert (watched.fetched, watched.said) == ([], [])


def test_every_page_of_a_hub_fits_on_a_phone(visit: Visit) -> None:
    """Nothing scrolls sideways, all text has contrast, and no word of a stranger became a script."""
    for address in ADDRESSES:
        page = visit(address)
        unfold(page)
        for width in (1000, PHONE.width, 320):
            page.set_viewport_size({"width": width, "height": PHONE.height})
            assert (address, page.evaluate("document.documentElement.scrollWidth") <= width) == (address, True)
        faint = [(text["words"], text["ratio"]) for text in page.evaluate(CONTRASTS) if text["ratio"] < LEAST_CONTRAST]
        assert (address, faint) == (address, [])
        assert page.evaluate("window.owned") is None, address


def test_the_hub_is_reached_from_the_page_of_its_repository(visit: Visit) -> None:
    """By a link that says how it stands; so it is from the first page."""
    page = visit("/repos/pool")
    expect(page.locator("#systems")).to_contain_text("not served, 2 blocks in its chain, 1 submission waiting")
    page.locator("#systems").get_by_role("link", name="Hub").click()
    expect(page).to_have_url(re.compile(f"{HUB}$"))
    visit("/home").locator("#systems").get_by_role("link", name="hub pool").click()
    expect(page).to_have_url(re.compile(f"{HUB}$"))


def test_a_hub_is_paused_from_the_phone(visit: Visit, desk: Desk) -> None:
    """The order is in the record, and the page says so by itself."""
    page = visit(HUB)
    form = page.locator('form[data-order$="/hub/pause"]')
    form.get_by_role("textbox").fill("a doubt")
    form.get_by_role("button").click()
    expect(page.locator("#state")).to_contain_text("Paused: a doubt")
    assert desk.record.paused() == "a doubt"


@pytest.fixture
def public(desk: Desk, tmp_path: Path) -> Iterator[str]:
    """The address of the hub itself, with its pages for everybody."""
    sockets = listening(0)
    folder = hub_folder(open_repository(tmp_path / "pool"))
    made = application(lambda: open_desk(folder))
    PublicPages(lambda: HubRecord(folder, read_only=True)).add_to(made)
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(serving(made, sockets, bounds=Bounds())):
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_public_page_of_a_hub_fits_on_a_phone(browser: Browser, public: str, scheme: Literal["light", "dark"]) -> None:
    """Nothing scrolls sideways, all text has contrast, nothing is fetched from elsewhere, and no script runs."""
    context = browser.new_context(color_scheme=scheme, has_touch=True)
    try:
        watched = Watched(context, f"{public}/", below=True)
        page = context.new_page()
        for address in ("/", "/chain", "/blocks/1", "/board", "/program"):
            answer = page.goto(public + address)
            assert answer and answer.status == 200, address
            unfold(page)
            for width in (1000, PHONE.width, 320):
                page.set_viewport_size({"width": width, "height": PHONE.height})
                assert (address, page.evaluate("document.documentElement.scrollWidth") <= width) == (address, True)
            faint = [(text["words"], text["ratio"]) for text in page.evaluate(CONTRASTS) if text["ratio"] < LEAST_CONTRAST]
            assert (address, faint) == (address, [])
            assert page.evaluate("window.owned") is None, address
            assert page.locator("script").count() == 0
        assert (watched.fetched, watched.said) == ([], [])
    finally:
        context.close()
