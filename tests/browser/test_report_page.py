"""The report page in a real browser: desktop and phone, light and dark, with the keyboard and on paper."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import BIDI, SCRIPT
from opening import Show, Written, ledger, reports, running_browser, showing
from playwright.sync_api import Browser
from viewing import DESK, PHONE, Scheme, View, unfold

from overnight.research.state import fold_all
from overnight.research.views.status import summarise

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The reports, written once each."""
    return reports(tmp_path_factory.mktemp("reports"))


@pytest.fixture
def show(browser: Browser, written: Written) -> Iterator[Show]:
    """Opens the report of a world, and checks that its page does nothing but display it."""
    with showing(browser, written) as show:
        yield show


@pytest.mark.parametrize("name", ["usual", "many", "deterministic", "no experiment", "hostile"])
def test_nothing_is_wider_than_a_phone(show: Show, name: str) -> None:
    """No part makes the page scroll sideways, folded or not; wide parts scroll by themselves."""
    page = show(name, PHONE)
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": PHONE.height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("view", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_text_is_readable(show: Show, view: View, scheme: Scheme) -> None:
    """All text on the page and in its pictures has a contrast of at least 4.5 to 1, by computed colours."""
    page = show("usual", replace(view, scheme=scheme))
    unfold(page)
    seen = page.evaluate(CONTRASTS)
    assert len(seen) > 500
    assert [(text["words"], text["ratio"]) for text in seen if text["ratio"] < 4.5] == []
    drawn = {text["words"] for text in seen if text["drawn"]}
    assert {"experiment", "at acceptance", "e-value", "gain on the holdout, rounded", "1 sd"} <= drawn
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == {
        "light": "rgb(255, 255, 255)",
        "dark": "rgb(20, 23, 27)",
    }.get(scheme)


@pytest.mark.parametrize(("view", "shown"), [(DESK, "wide"), (PHONE, "narrow")], ids=["desk", "phone"])
def test_each_picture_is_drawn_once(show: Show, view: View, shown: str) -> None:
    """Of a picture's two widths the page shows the one that fits, at its original size."""
    page = show("usual", view)
    pictures = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(picture => picture.checkVisibility()).map("
        "picture => [picture.getAttribute('class'), picture.getBoundingClientRect().width / picture.viewBox.baseVal.width])"
    )
    assert len(pictures) == page.locator("figure").count() == 7
    assert {style for style, _ in pictures} == {shown}
    assert all(0.9 < scale <= 1 for _, scale in pictures)


def test_keyboard_reaches_everything(show: Show) -> None:
    """Tab goes through all controls in page order, each with a visible focus; the first skips to the answers."""
    page = show("usual", PHONE)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answers"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    reached: list[int] = []
    while page.evaluate("document.activeElement !== document.body") and len(reached) < 200:
        reached.append(page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Tab")
    controls = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap((one, place) =>"
        " one.matches('a[href], summary, [tabindex=\"0\"], input:checked') && one.checkVisibility() ? [place] : [])"
    )
    assert reached == controls
    assert len(controls) > 15


def test_skip_link_leads_past_the_header(show: Show) -> None:
    """Enter on it jumps to the answers: the next tab stop is there, not the choice of colours."""
    page = show("usual")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_folded_parts_open_with_enter(show: Show) -> None:
    """A diff or a table of evidence opens and closes without a mouse, and without a script."""
    page = show("usual")
    evidence = page.locator("summary", has_text="Evidence: ").first
    rows = page.get_by_role("region", name="Pairs of #").first.get_by_role("row")
    assert not rows.first.is_visible()
    evidence.focus()
    page.keyboard.press("Enter")
    assert rows.first.is_visible()
    page.keyboard.press("Enter")
    assert not rows.first.is_visible()


def test_reader_chooses_the_colours(show: Show) -> None:
    """The arrow keys switch between the system's choice, light and dark, pictures included."""
    page = show("usual")
    page.locator("#theme-auto").focus()
    page.keyboard.press("ArrowLeft")  # wraps around to the last one
    assert page.locator("#theme-dark").is_checked()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    title = (
        "getComputedStyle([...document.querySelectorAll('svg.wide text')].find(one => one.textContent == 'experiment')).fill"
    )
    assert page.evaluate(title) == "rgb(169, 177, 187)"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_paper_gets_everything_in_black_on_white(show: Show, scheme: Scheme) -> None:
    """In print the page is always light, folded parts are open, and what only a screen needs is hidden."""
    page = show("usual", replace(DESK, scheme=scheme))
    page.locator("#theme-dark").check()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert not page.locator(".theme").is_visible()
    assert page.evaluate("document.querySelector('details:not([open]) td').checkVisibility()")
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF-")
    assert 3 < pdf.count(b"/Type /Page\n") < 30


def test_nothing_moves(show: Show) -> None:
    """A user who prefers less motion gets none: no animation, no transition, no smooth scrolling."""
    page = show("usual", View(motion="reduce"))
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].map(one => getComputedStyle(one)).filter(style =>"
        " style.transitionDuration !== '0s' || style.animationName !== 'none' || style.scrollBehavior !== 'auto').length"
    )
    assert (moving, page.evaluate("document.getAnimations().length")) == (0, 0)


def test_hostile_text_stays_text(show: Show) -> None:
    """What a researcher wrote in hypotheses, names and diffs is shown literally: no element, no script, no reversed text."""
    page = show("hostile")
    unfold(page)
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelectorAll('script, img, iframe, body style, h1 b').length") == 0
    text = page.inner_text("body")
    assert SCRIPT in text
    assert r"\u202egnp.exe" in text
    assert not set(text) & set(BIDI[0] + BIDI[-1] + "\x1b\x07")
    assert page.locator(".diff").first.inner_text().count("<img src=http://evil.example") == 1
    assert page.locator("footer").is_visible()


def test_a_long_night_is_a_page_that_opens(show: Show, written: Written) -> None:
    """2,000 experiments with all their trials make a page of limited size, with the details of its many kept changes folded."""
    assert written("many").html.stat().st_size < 2_000_000
    page = show("many", PHONE)
    assert page.evaluate("document.querySelectorAll('*').length") < 20_000
    assert page.locator("article").count() > 12
    assert not page.locator("article dl").first.is_visible()
    assert page.evaluate("document.documentElement.scrollHeight") < 40_000


def test_models_have_their_table(show: Show) -> None:
    """Tokens, money and speed of each role and model are shown below the cost."""
    page = show("usual")
    table = page.get_by_role("region", name="Table of models")
    rows = [row.inner_text().split("\t") for row in table.get_by_role("row").all()]
    assert rows[0] == ["Role", "Model", "Calls", "Read", "Cached", "Written", "First token", "Speed", "Money"]
    assert {tuple(row[:2]) for row in rows[1:]} == {("explorer", "large-4 (example)"), ("tuner", "small-2 (example)")}
    assert sum(int(row[2]) for row in rows[1:]) == 240
    assert {tuple(row[6:8]) for row in rows[1:]} == {("0.5 s", "75")}


def test_page_has_the_numbers_of_status(show: Show) -> None:
    """The page shows the same facts as `overnight status --json`."""
    state = fold_all(ledger("usual"))
    assert state is not None
    now = summarise(state, None, "")
    page = show("usual")
    unfold(page)
    facts = dict(page.locator("dl > div").evaluate_all("all => all.map(one => [...one.children].map(part => part.innerText))"))
    assert facts["Experiments"].split()[0] == str(now.experiments)
    assert facts["Trials"].split()[0] == str(now.trials)
    assert facts["Tests"] == str(now.tests)
    assert facts["The sealed holdout was asked about"] == f"{now.holdouts} candidates"
    assert facts["Tokens"].split()[0] == f"{now.tokens:,}"
    assert facts["Money"] == f"${now.cost_usd:,.2f}"
    assert facts["Head"] == now.head[:12]
    rows = [
        row.inner_text().split("\t")
        for row in page.get_by_role("region", name="Table of kept changes").locator("tbody tr").all()
    ]
    assert [(int(row[0]), row[2], row[3]) for row in rows] == [
        (keep.number, f"{keep.gain:+.3f}", f"{keep.low:+.3f} to {keep.high:+.3f}") for keep in now.keeps
    ]
    assert now.kept == len(rows) > 3
    for verdict, count in (("Discarded", now.discarded), ("Crashed", now.crashed), ("Rejected before any trial", now.rejected)):
        assert page.get_by_role("heading", name=f"{verdict}: {count} experiments").is_visible()
