"""The pages of `overnight serve` in a real browser: phone and desk, light and dark, keyboard, live, orders."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from builders import concluded
from opening import running_browser
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect
from surface_campaigns import Made, campaign_of
from surface_campaigns import running as campaign_running
from surface_server import Surface, running
from viewing import DESK, PHONE, Scheme, View, Watched

from overnight.home.events import DeviceConfirmed, DeviceSeen
from overnight.home.record.record import HomeRecord
from overnight.home.things import Trait
from overnight.operations.pages import find_page, pages
from overnight.web.token import Role

CAMPAIGN = "/repos/repo/campaigns/night"
COMPARED = "/repos/repo/compare?a=night&b=night"
NOT_LINKED = {"/repos/{repo}/compare", "/tasks/{name}"}  # the first from a form, the second when there is one
ACTIONS = "/actions/{number}"  # and below: when there is one
HUB = "/repos/{repo}/hub"  # and below: for who has one
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text()
FETCHED = "performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch').length"
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
HREF = re.compile(r'href="(/[^"#]*)"')
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
def server(tmp_path: Path, made: Made) -> Iterator[Surface]:
    """A server of that campaign."""
    with running(tmp_path / "state", repositories={"repo": made.repository}) as server:
        yield server


@pytest.fixture
def visit(browser: Browser, server: Surface) -> Iterator[Visit]:
    """Opens pages; at the end checks that none of them fetched from elsewhere, logged, threw or popped up anything."""
    watched: list[Watched] = []

    def visit(address: str, view: View = DESK, role: Role = Role.OWNER) -> Page:
        size = ViewportSize(width=view.width, height=view.height)
        context = browser.new_context(viewport=size, color_scheme=view.scheme, reduced_motion=view.motion)
        contexts.callback(context.close)
        watched.append(Watched(context, f"{server.origin}/", below=True))
        page = context.new_page()
        page.goto(server.origin + server.link(role))
        page.goto(server.origin + address)
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
    before = page.locator("#answers").inner_text()
    with campaign_running(made) as ledger:
        ledger.append(concluded(4))
        expect(page.locator("#answers")).not_to_have_text(before)
    assert words.evaluate("one => [document.activeElement === one, one.value, one.selectionStart, one.selectionEnd]") == [
        True,
        "warm up over fewer steps",
        5,
        7,
    ]


def test_a_page_that_is_current_is_not_fetched_again(visit: Visit, made: Made) -> None:
    """What is new comes with the event: the page is fetched once, when it begins to be live."""
    page = visit(f"{CAMPAIGN}/experiments")
    page.evaluate(f"new Promise((end) => {{ const look = () => {FETCHED} ? end() : setTimeout(look, 20); look(); }})")
    with campaign_running(made) as ledger:
        ledger.append(concluded(4))
        expect(page.locator("#experiments")).to_contain_text("because")
    assert page.evaluate(FETCHED) == 1


def test_what_is_too_large_for_an_event_is_fetched_with_the_page(browser: Browser, server: Surface) -> None:
    """A step that names a part as `later` is shown at once, and the page is fetched though its version is the newest."""
    step = {
        "since": "one",
        "parts": ["state", "picture"],
        "html": "<title>t</title>" + part("state", "new"),
        "later": ["picture"],
    }
    versions = iter(["retry: 1\n\nid: one\ndata: one\n\n", f"id: two\ndata: {json.dumps(step)}\n\n"])
    pages = iter(
        [("one", part("state", "old") + part("picture", "old")), ("two", part("state", "new") + part("picture", "new"))]
    )

    def answer(route: Route) -> None:
        version, body = next(pages)
        body = f"<!DOCTYPE html><title>t</title><main id=main>{body}</main>"
        route.fulfill(body=body, content_type="text/html", headers={"ETag": f'W/"{version}"'})

    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        events = re.compile(r"/events\?")
        page.route(events, lambda route: route.fulfill(body=next(versions, ":\n\n"), content_type="text/event-stream"))
        page.route(f"**{CAMPAIGN}", lambda route: route.continue_() if is_visit(route) else answer(route))
        page.goto(server.origin + CAMPAIGN)
        expect(page.locator("#state")).to_have_text("new")
        expect(page.locator("#picture")).to_have_text("new", timeout=30_000)


def part(name: str, text: str) -> str:
    """A part of a page that is kept up to date."""
    return f'<section id="{name}" data-live>{text}</section>'


def is_visit(route: Route) -> bool:
    """Whether the browser opens the page, rather than its script."""
    return route.request.resource_type == "document"


def make_home() -> None:
    """A home with a lamp that is named, and a camera that is not."""
    with HomeRecord() as record:
        for traits in ((Trait.LIGHT,), (Trait.CAMERA,)):
            record.append(DeviceSeen(identity=traits[0], family="shelly", address="127.0.0.1", traits=traits))
        record.append(DeviceConfirmed(device=1, alias="lamp"))


def linked(server: Surface) -> Mapping[str, str]:
    """An address of each kind of page that links lead to, from the first one on."""
    reader, found, waiting = server.bearer(), dict[str, str](), ["/home"]
    while waiting:
        address = waiting.pop(0).replace("&amp;", "&")
        matched = find_page(address.partition("?")[0])
        if matched is None or matched[0].address in found:
            continue
        found[matched[0].address] = address
        waiting += HREF.findall(server.ask("GET", address, reader).body)
    return found


def test_every_page_is_reached_by_links_and_can_be_read(visit: Visit, server: Surface) -> None:
    """On phone and desk, light and dark: nothing scrolls sideways, all text has contrast, and it begins with the skip link."""
    make_home()
    found = linked(server)
    assert {each for each in set(pages()) - set(found) if not each.startswith((ACTIONS, HUB))} <= NOT_LINKED
    page = visit("/home")
    for address in [*found.values(), COMPARED]:
        answer = page.goto(server.origin + address)
        assert answer is not None
        assert (address, answer.status) == (address, 200)
        page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        for width in (DESK.width, PHONE.width, 320):
            page.set_viewport_size({"width": width, "height": PHONE.height})
            assert (address, page.evaluate("document.documentElement.scrollWidth") <= width) == (address, True)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            faint = [(text["words"], text["ratio"]) for text in page.evaluate(CONTRASTS) if text["ratio"] < 4.5]
            assert (address, scheme, faint) == (address, scheme, [])
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || document.activeElement.closest('header') === null")


def test_keyboard_reaches_every_control(visit: Visit) -> None:
    """Tab goes through all that can be pressed on a campaign's page, in its order, each with a visible focus."""
    page = visit(CAMPAIGN)
    reached: list[int] = []
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement !== document.body") and len(reached) < 200:
        reached.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Tab")
    controls = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((one, place) => one.matches('a[href], summary, [tabindex=\"0\"], button,"
        " textarea, select, input:not([type=hidden], [type=radio]), input:checked') && one.checkVisibility() ? [place] : [])"
    )
    assert reached == controls
    assert len(controls) > 15


def test_an_idea_is_given_by_keyboard(visit: Visit) -> None:
    """Typed, sent with Enter on the button, answered beside the form, and shown in the queue."""
    page = visit(CAMPAIGN)
    form = page.locator("form[data-order$='/idea/add']")
    form.locator("textarea").focus()
    page.keyboard.type("Use rotary positions everywhere")
    while not page.evaluate("document.activeElement.matches('form button')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.locator("output")).to_contain_text("Done: ")
    assert form.get_by_role("button").evaluate("one => one === document.activeElement")
    expect(form.locator("textarea")).to_have_value("")
    ideas = visit(f"{CAMPAIGN}/ideas")
    expect(ideas.locator("main")).to_contain_text("Use rotary positions everywhere")


def test_a_refused_order_says_why(browser: Browser, server: Surface) -> None:
    """What is wrong and the fix stand beside the form; what was typed stays."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        page.goto(server.origin + CAMPAIGN)
        form = page.locator("form[data-order$='/idea/add']")
        form.locator("textarea").fill("...")
        form.get_by_role("button").click()
        expect(form.locator("output.failed")).to_contain_text("the idea has no words")
        expect(form.locator("textarea")).to_have_value("...")


def test_more_budget_is_confirmed(visit: Visit) -> None:
    """The box is asked for as soon as a limit is filled in or taken away; without it nothing is sent."""
    page = visit(CAMPAIGN)
    page.locator("summary", has_text="Budget").click()
    form = page.locator("form[data-order$='/budget']")
    sure = form.get_by_label("I mean it")
    expect(sure).to_be_hidden()
    form.get_by_label("hours", exact=True).check()
    expect(sure).to_be_visible()
    form.get_by_role("button").click()
    expect(form.locator("output")).to_have_text("")
    sure.check()
    form.get_by_role("button").click()
    expect(form.locator("output")).to_contain_text("Done")
    expect(sure).to_be_hidden()
    expect(page.locator("#budget")).not_to_contain_text("Hours")


def test_every_page_can_be_read_without_scripts(browser: Browser, server: Surface) -> None:
    """Links, folds and tables work; in place of each form is the command line that does the same."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        for address in linked(server).values():
            answer = page.goto(server.origin + address)
            assert answer is not None and answer.status == 200, address
            assert page.locator("h1").is_visible() and page.locator("form.order:visible").count() == 0, address
        page.goto(server.origin + CAMPAIGN)
        page.locator("summary", has_text="Budget").click()
        expect(page.locator("noscript code", has_text="overnight budget --tag night")).to_be_visible()
        page.get_by_role("link", name="Ideas").click()
        expect(page.locator("h1")).to_have_text("Ideas")
        expect(page.locator("noscript code", has_text="overnight idea add TEXT --tag night")).to_be_visible()


def test_a_reader_sees_no_forms(visit: Visit) -> None:
    """Who may only read is offered nothing else."""
    page = visit(CAMPAIGN, role=Role.READER)
    assert page.locator("form").count() == 0
    expect(page.locator("#live")).to_have_text("Live")


def test_a_page_says_that_its_server_is_gone(browser: Browser, server: Surface) -> None:
    """A reader is not left with what looks current; when the server is there again, the page is live again."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        page.goto(server.origin + CAMPAIGN)
        expect(page.locator("#live")).to_have_text("Live")
        page.route("**/events?*", lambda route: route.abort())
        page.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))")
        expect(page.locator("#live")).to_contain_text("Connection lost")
        page.unroute("**/events?*")
        expect(page.locator("#live")).to_have_text("Live", timeout=20_000)


EVIL = (
    "<section id=state data-live><p>now</p><script>window.owned = 1</script><img src=x onerror='window.owned = 2'>"
    "<iframe srcdoc='<script>parent.owned = 3</script>'></iframe><svg onload='window.owned = 4'></svg>"
    "<form action='http://evil.example/'><button id=evil>go</button></form>"
    "<form data-order='//evil.example/api/'><button id=worse>go</button></form></section>"
)


def test_nothing_runs_that_a_swap_brings(browser: Browser, server: Surface) -> None:
    """Were hostile markup ever in a page, the swap would run none of it, and no form would post it elsewhere."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        body = f"<!DOCTYPE html><title>t</title><main id=main>{EVIL}</main>"
        page.route(
            f"**{CAMPAIGN}",
            lambda route: (
                route.continue_()
                if route.request.resource_type == "document"
                else route.fulfill(body=body, content_type="text/html")
            ),
        )
        page.goto(server.origin + CAMPAIGN)
        expect(page.locator("#state")).to_contain_text("now")
        for button in ("#evil", "#worse"):
            page.locator(button).click()
        assert page.evaluate("window.owned") is None
        assert [url for url in fetched if not url.startswith((f"{server.origin}/", "about:"))] == []
        assert page.url == server.origin + CAMPAIGN


def test_hostile_text_stays_text_when_it_is_swapped_in(browser: Browser, tmp_path: Path) -> None:
    """What others wrote to a campaign is text on its pages, also after the page has changed under the reader."""
    made = campaign_of(tmp_path / "repo", 30, ended=False, nasty=True)
    with running(tmp_path / "state", repositories={"repo": made.repository}) as server, browser.new_context() as context:
        page = context.new_page()
        page.goto(server.origin + server.link())
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(server.origin + CAMPAIGN)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        before = page.locator("#answers").inner_text()
        with campaign_running(made) as ledger:
            ledger.append(concluded(31))
            expect(page.locator("#answers")).not_to_have_text(before, use_inner_text=True)
        assert page.evaluate("window.owned") is None
        assert page.evaluate("document.querySelectorAll('main script, main img, main iframe, main style').length") == 0
        assert [url for url in fetched if not url.startswith(f"{server.origin}/")] == []
