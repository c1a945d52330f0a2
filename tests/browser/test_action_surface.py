"""The pages of actions in a real browser: a day from the phone, live, in the dark, with hostile texts."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from action_boards import MadeBoard, board_of
from opening import running_browser
from playwright.sync_api import Browser, Page, ViewportSize, expect
from surface_server import Surface, running
from viewing import PHONE, View, Watched, unfold

from overnight.actions.events import Judged, Merged, Waiting, Word
from overnight.actions.state import Stage

CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text()
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MadeBoard:
    """A board with hostile texts."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return board_of(tmp_path / "made", nasty=True)


@pytest.fixture
def visit(browser: Browser, made: MadeBoard, tmp_path: Path) -> Iterator[Visit]:
    """Opens pages; at the end checks that none of them fetched from elsewhere, logged, threw or popped up anything."""
    with ExitStack() as stack:
        server: Surface = stack.enter_context(running(tmp_path / "tokens", repositories={"shop": made.repository}))
        watched: list[Watched] = []

        def visit(address: str, view: View = PHONE, *, refused: bool = False) -> Page:
            size = ViewportSize(width=view.width, height=view.height)
            context = browser.new_context(viewport=size, color_scheme=view.scheme, has_touch=True)
            stack.callback(context.close)
            if not refused:  # a browser logs that
                watched.append(Watched(context, f"{server.origin}/", below=True))
            page = context.new_page()
            page.goto(server.origin + server.link())
            page.goto(server.origin + address)
            return page

        yield visit
        assert [(one.fetched, one.said) for one in watched] == [([], [])] * len(watched)


def test_a_day_from_the_phone(visit: Visit, made: MadeBoard) -> None:
    """The board shows what happens; a result is accepted in two taps, another sent back with words, a new one asked for."""
    page = visit("/actions")
    expect(page.locator("#live")).to_have_text("Live")
    expect(page.locator("#needs-you li")).to_have_count(1)
    made.append(Waiting(action=2, why="the coder ended without a change"))
    expect(page.locator("#needs-you li")).to_have_count(2)  # without a reload
    page.locator("#needs-you a").first.tap()
    form = page.locator("form[data-order='/api/v1/accept']")
    form.get_by_label("I mean it").tap()
    form.get_by_role("button").tap()
    expect(page.locator("#now")).to_contain_text("Merging")
    expect(form).to_have_count(0)
    with made.record as record:
        assert record.board().actions[1].stage is Stage.MERGING
    made.append(Merged(action=1, commit=made.commit, parent=made.base))
    expect(page.locator("#now")).to_contain_text("Merged as")
    page.locator("#now a").tap()  # the next one
    page.locator("summary", has_text="Send back").tap()
    form = page.locator("form[data-order='/api/v1/send/back']")
    form.locator("textarea").fill("Search in titles alone")
    form.get_by_label("I mean it").tap()
    form.get_by_role("button").tap()
    expect(page.locator("#now")).not_to_contain_text("eeds you")
    page.get_by_role("link", name="All actions").tap()
    form = page.locator("form[data-order='/api/v1/do']")
    form.get_by_label("Text").fill("Let users change their address")
    form.locator("summary").tap()
    form.get_by_label("Later").check()  # no board is started
    form.get_by_label("I mean it").tap()
    form.get_by_role("button").tap()
    expect(page.locator("#waiting")).to_contain_text("Let users change their address")
    with made.record as record:
        actions = record.board().actions
        assert actions[2].to_fix == "Search in titles alone"
        assert actions[6].request.repo == str(made.repository) and actions[6].request.plan is None
        judged = [each.event for each in record.store.events() if isinstance(each.event, Judged)]
    assert [(each.action, each.word) for each in judged[-2:]] == [(1, Word.ACCEPT), (2, Word.SEND_BACK)]


def test_pages_fit_a_phone_in_the_light_and_in_the_dark(visit: Visit, made: MadeBoard) -> None:
    """With everything folded out and hostile texts: nothing scrolls sideways, every text has contrast, no script ran."""
    page = visit("/actions?ended=20")
    pages = ["", "/diff", "/history", *(f"/outputs/{made.artifacts[name]}" for name in ("log", "picture"))]
    for address in ["/actions?ended=20", *(f"/actions/1{each}" for each in pages)]:
        page.goto(page.url.partition("/actions")[0] + address)
        unfold(page)
        for width in (1000, PHONE.width, 320):
            page.set_viewport_size({"width": width, "height": PHONE.height})
            assert (address, page.evaluate("document.documentElement.scrollWidth") <= width) == (address, True)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            faint = [(text["words"], text["ratio"]) for text in page.evaluate(CONTRASTS) if text["ratio"] < 4.5]
            assert (address, scheme, faint) == (address, scheme, [])
        assert page.evaluate("window.owned") is None


def test_the_pictures_of_a_result_are_seen(visit: Visit) -> None:
    """The picture that `show` left is drawn at its size; what is no picture is none."""
    page = visit("/actions/1")
    pictures = page.locator("figure img")
    expect(pictures).to_have_count(1)
    pictures.scroll_into_view_if_needed()
    expect(pictures).to_have_js_property("complete", True)
    assert page.evaluate("document.querySelector('figure img').naturalWidth") == 240


def test_a_result_that_changed_is_not_accepted(visit: Visit, made: MadeBoard) -> None:
    """What was read is what is accepted: another commit is refused, with the reason."""
    page = visit("/actions/1", refused=True)
    page.route("**/api/v1/accept", lambda route: route.continue_(post_data=json.dumps({"number": 1, "commit": made.base})))
    form = page.locator("form[data-order='/api/v1/accept']")
    form.get_by_label("I mean it").tap()
    form.get_by_role("button").tap()
    expect(form.locator("output.failed")).to_contain_text("not at")
