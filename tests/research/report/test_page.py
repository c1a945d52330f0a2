"""The report's HTML page: what it says, how it is built, and what it does with hostile text."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from campaigns import CASES, SEALED, World, record
from pages import Page, parse

from overnight.program.program import Direction, Metric
from overnight.research.report.write import ReportFiles, write_report

Written = Callable[[str], ReportFiles]
URL_ATTRIBUTES = {"src", "href", "xlink:href", "action", "data", "poster", "srcset", "formaction", "background"}
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "</style></svg></pre><iframe src='//evil.example'>",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "\u202egnp.exe\u2066\u200b\ufeff",
    "line\r\none\ttwo\x00three",
    "javascript:alert(1) ]]> <!-- -->",
)


@pytest.fixture(params=sorted(CASES))
def page(request: pytest.FixtureRequest, written: Written) -> Page:
    """The parsed page of each case."""
    return parse(written(request.param).html.read_text())


def test_page_is_self_contained(page: Page) -> None:
    """Nothing is fetched and nothing runs: no script, no event handler, no address except places in the page itself."""
    assert {element.name for element in page.elements}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use", "foreignobject"}
    )
    for element in page.elements:
        assert not [name for name in element.attributes if name.startswith("on")]
        for name in URL_ATTRIBUTES & element.attributes.keys():
            assert element.attributes[name].startswith("#")
        assert "url(" not in element.attributes.get("style", "")
    css = "".join(style.text for style in page.all("style"))
    assert "url(" not in css
    assert "@import" not in css


def test_policy_forbids_all_but_inline_style(page: Page) -> None:
    """The browser itself is instructed to load and run nothing."""
    policy = [meta for meta in page.all("meta") if meta.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert [meta.attributes["content"] for meta in policy] == [
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]


def test_page_is_accessible(page: Page) -> None:
    """Language, one main heading, no skipped level, described pictures, captioned tables, labelled controls, unique ids."""
    assert page.all("html")[0].attributes["lang"] == "en"
    levels = [int(element.name[1]) for element in page.elements if re.fullmatch(r"h[1-6]", element.name)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for svg in page.all("svg"):
        assert svg.attributes["role"] == "img"
    assert len([title for title in page.all("title") if title.parents[-1] == "svg"]) == len(page.all("svg"))
    assert all(description.text for description in page.all("desc"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all("scope" in cell.attributes for cell in page.all("th"))
    assert all("label" in control.parents for control in page.all("input"))
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    targets = {link.attributes["href"].removeprefix("#") for link in page.all("a")}
    targets |= {element.attributes.get("aria-labelledby", ids[0]) for element in page.elements}
    assert targets <= set(ids)


def test_sealed_values_and_the_secret_stay_out(written: Written) -> None:
    """Neither a value of the holdout nor the secret of the seeds is in any part of a report."""
    files = written("usual")
    for text in (files.html.read_text(), files.md.read_text()):
        assert str(int(SEALED))[:6] not in text.replace(",", "")
        assert CASES["usual"].secret_sauce not in text


def test_first_screen_answers_the_four_questions(written: Written) -> None:
    """Gained, how sure, cost, and what to merge are at the top, with the branch and the command."""
    page = parse(written("usual").html.read_text())
    answers = [section.text for section in page.all("section") if section.attributes.get("class") == "answer"]
    gained, sure, cost, merge = answers
    assert re.search(r"[\d.]+ % better", gained)
    assert "95 % interval" in gained
    assert "proven" in sure
    assert "The sealed holdout agrees on" in sure
    assert "80 experiments" in cost
    assert "autoresearch/nov21" in merge
    assert "git merge autoresearch/nov21" in merge


@pytest.mark.parametrize(
    ("name", "happened", "fix"),
    [
        ("no experiment", "No experiment was run", "overnight run --tag nov21"),
        ("crashes only", "exit code 1: ValueError: shapes", "overnight show 30 --log --tag nov21"),
        ("nothing real", "none better beyond noise", "overnight check"),
    ],
)
def test_nothing_kept_says_what_happened_and_what_to_do(written: Written, name: str, happened: str, fix: str) -> None:
    """A campaign without a keep has a page that explains itself and offers no merge."""
    text = parse(written(name).html.read_text()).text
    assert happened in text
    assert fix in text
    assert "git merge" not in text


def test_single_run_rule_is_exposed(written: Written) -> None:
    """If no gain is real, the page says what a one-run rule would have claimed from the same trials."""
    text = parse(written("nothing real").html.read_text()).text
    assert re.search(r"A rule of one run each would have claimed \d+ improvements", text)


def test_deterministic_campaign_claims_no_statistics(written: Written) -> None:
    """An exact metric has no noise, no interval and no error budget."""
    text = parse(written("deterministic").html.read_text()).text
    assert "deterministic" in text
    assert "interval" not in text.replace("Interval", "")
    assert "e-value" not in text


def test_each_keep_has_its_sheet(written: Written) -> None:
    """Forty keeps make forty articles, each with diff, evidence, and the command that shows it."""
    page = parse(written("many keeps").html.read_text())
    articles = page.all("article")
    assert len(articles) > 30
    for article in articles:
        assert "+LEARNING_RATE = 0.0057" in article.text
        assert "overnight show" in article.text
        assert "pairs" in article.text


def test_hostile_text_is_shown_and_does_nothing(tmp_path: Path) -> None:
    """Markup, template syntax, terminal escapes and bidirectional marks from a researcher are text like any other."""
    everything = " ".join(ATTACKS)
    world = World(
        experiments=30,
        real=0.6,
        rejects=0.3,
        ideas=ATTACKS,
        metric=Metric(name="<b>loss</b>\x1b[1m", direction=Direction.MINIMIZE),
    )
    diff = "".join(f"--- a/{attack}\n+++ b/{attack}\n+{attack}\n" for attack in ATTACKS)
    hostile = [_with_hostile_text(entry, everything) for entry in record(world)]
    files = write_report(hostile, lambda _base, _commit: diff, tmp_path, program=world.program)
    page = parse(files.html.read_text())
    test_page_is_self_contained(page)
    assert not page.all("b")
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert r"\x1b[2J" in page.text
    assert r"\u202egnp.exe" in page.text
    for text in (files.html.read_text(), files.md.read_text()):
        assert not [character for character in text if not character.isprintable() and character != "\n"]
    assert "<script" not in files.md.read_text().replace(r"\<script", "").split("~~~~~~~~")[0]


def _with_hostile_text(entry, text: str):  # type: ignore[no-untyped-def]
    event = entry.event
    match event.kind:
        case "campaign_opened":
            event = replace(event, tag="<b>a'b\x07", sandbox=text, version=text, environment={text: text})
        case "proposed":
            event = replace(event, role=text, researcher=text, notes={text: text})
        case "concluded":
            event = replace(event, conclusion=replace(event.conclusion, reason=text))
        case "proposal_missed":
            event = replace(event, role=text, reason=text)
        case "stopped":
            event = replace(event, ending=replace(event.ending, detail=text))
    return replace(entry, event=event)


def test_contrast_is_enough_in_both_themes() -> None:
    """Text has a contrast of 4.5 to 1 and marks one of 3 to 1, in light and in dark, and old browsers get the light colours."""
    css = (Path(__file__).parents[3] / "src/overnight/research/report/page.css").read_text()
    themes = dict(re.findall(r"--(\w+): light-dark\((#\w+, #\w+)\)", css))
    plain = dict(re.findall(r"--(\w+): (#\w+);", css))
    assert plain == {name: pair.split(", ")[0] for name, pair in themes.items()}
    for theme in (0, 1):
        colour = {name: pair.split(", ")[theme] for name, pair in themes.items()}
        for ground in ("paper", "panel"):
            assert all(_contrast(colour[text], colour[ground]) >= 4.5 for text in ("ink", "faint", "head"))
        assert all(_contrast(colour["ink"], colour[ground]) >= 4.5 for ground in ("added", "removed"))
        assert all(_contrast(colour[mark], colour["paper"]) >= 3 for mark in ("head", "trial", "claim", "holdout"))


def _contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, contrast ratio."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
