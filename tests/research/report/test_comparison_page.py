"""The page of two campaigns side by side: it is self-contained, and trusts no text."""

from dataclasses import replace

import pytest
from campaigns import CASES, World, record
from pages import parse

from overnight.program.program import Direction, Metric
from overnight.research.events import CampaignOpened, Proposed
from overnight.research.record.port import Recorded
from overnight.research.report.comparison_page import render_comparison
from overnight.research.views.comparison import ComparedCampaign, compare, compared

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\x1b[2J\u202egnp.exe</style>\r\nx"


def side_of(world: World, name: str = "one") -> ComparedCampaign:
    return compared(name, record(world), world.program, {})


def page(a: ComparedCampaign, b: ComparedCampaign) -> str:
    return render_comparison(compare(a, b), a, b)


def test_campaigns_that_do_not_compare_have_no_common_picture() -> None:
    """The page says so instead."""
    made = parse(page(side_of(CASES["usual"]), side_of(CASES["maximize"], "two")))
    assert not made.all("svg") and "Cannot be compared" in made.text


@pytest.mark.parametrize("name", ["usual", "nothing real", "no experiment", "deterministic"])
def test_every_kind_of_campaign_makes_a_page(name: str) -> None:
    """Nothing is fetched and nothing runs; headings, tables and pictures are labelled; keeping nothing is no error."""
    made = parse(page(side_of(CASES[name]), side_of(replace(CASES[name], seed=9), "two")))
    assert {element.name for element in made.elements}.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert all(svg.attributes["role"] == "img" for svg in made.all("svg")) and all(d.text for d in made.all("desc"))
    assert len(made.all("caption")) == len(made.all("table")) == 1
    assert all("scope" in cell.attributes for cell in made.all("th"))
    ids = [element.attributes["id"] for element in made.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    labels = {element.attributes["aria-labelledby"] for element in made.elements if "aria-labelledby" in element.attributes}
    assert labels <= set(ids)
    policy = [meta.attributes["content"] for meta in made.all("meta") if "http-equiv" in meta.attributes]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]


def test_hostile_text_is_shown_and_does_nothing() -> None:
    """Hypotheses, names and reasons with markup, template syntax and escapes are text like any other."""
    world = World(experiments=60, real=0.6, ideas=(HOSTILE,), metric=Metric(name=HOSTILE, direction=Direction.MINIMIZE))
    entries = [_hostile(entry) for entry in record(world)]
    a = compared(HOSTILE, entries, world.program, {})
    text = page(a, replace(a, name=f"{HOSTILE} 2"))
    made = parse(text)
    assert not made.all("script") and len(made.all("style")) == 1
    assert "<script>alert(1)</script>{{ 7 * 7 }}" in made.text and r"\x1b[2J" in made.text and r"\u202egnp" in made.text
    assert not [character for character in text if not character.isprintable() and character != "\n"]


def _hostile(entry: Recorded) -> Recorded:
    match entry.event:
        case CampaignOpened() as event:
            return replace(entry, event=replace(event, tag=HOSTILE, environment={HOSTILE: HOSTILE}))
        case Proposed() as event:
            return replace(entry, event=replace(event, role=HOSTILE, researcher=HOSTILE))
        case _:
            return entry
