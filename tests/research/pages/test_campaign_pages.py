"""The pages of a campaign, as HTML, at every size and in every state of a campaign."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from surface_campaigns import Made, campaign_of, early_campaign, running

from overnight.errors import UserError
from overnight.operations.principal import OWNER, Address, Origin
from overnight.research.operations import status
from overnight.research.pages import _pictures
from overnight.research.report import drawing
from overnight.web.calls import Caller, place_at
from overnight.web.rendering import render_html

CAMPAIGN = "/repos/repo/campaigns/night"
HEADING = re.compile(r"<h2[^>]*>([^<]*)</h2>")


@pytest.fixture(autouse=True)
def _nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process that draws."""
    monkeypatch.setattr(_pictures.Studio, "_want", lambda *_: None)


def shown(made: Made, address: str = CAMPAIGN, **query: str) -> str:
    face = Address(channel="web", id="browser")
    caller = Caller(principal=OWNER, origin=Origin.OWNER, address=face, repositories={"repo": made.repository})
    return render_html(place_at(address, list(query.items()), caller).look(), may_order=True)


def text_of(page: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split()))


def test_a_running_campaign_says_what_it_does(tmp_path: Path) -> None:
    """Without any picture the page says that it runs, what was gained, what is measured by which researcher, and the cost."""
    made = campaign_of(tmp_path / "repo", 300, ended=False)
    with running(made):
        text = text_of(shown(made))
    assert re.search(r"Running \(process \d+\) , .* so far", text)
    assert "12 changes kept" in text and "281 experiments" in text and "$10.80" in text
    assert "301 Lower beta2 of Adam: the gradients are noisy early on explorer screening, 5 trials" in text
    assert "281 of 12,000" in text and "Halve the batch" not in text.partition("Next ideas")[2]  # it is tried now


def test_a_finished_campaign_has_no_empty_parts(tmp_path: Path) -> None:
    """One that ended has its ending, and no part for what is measured now."""
    page = shown(campaign_of(tmp_path / "repo", 300))
    assert "not running" in text_of(page).lower()
    first = ["Gained", "Tried", "Cost", "Progress", "Kept changes", "Newest experiments", "Budget", "Noise", "Evidence"]
    assert HEADING.findall(page) == [*first, "Next ideas", "Models", "Orders"]


def test_a_campaign_without_experiments_shows_the_head(tmp_path: Path) -> None:
    """While the first trials of the head run, the page says so, and has no part for experiments."""
    made = early_campaign(tmp_path / "repo", failing=False)
    with running(made):
        page = shown(made)
    assert "The head is measured first: 2 trials so far." in text_of(page)
    assert not {"Progress", "Kept changes", "Newest experiments", "Evidence"} & set(HEADING.findall(page))


def test_old_pictures_say_nothing_that_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was gained comes from the pictures only as long as nothing has ended or was kept since they were drawn."""
    made = campaign_of(tmp_path / "repo", 300)
    drawn = drawing.draw(made.repository, made.tag)
    for each, says in ((drawn, True), (replace(drawn, ended=drawn.ended - 1), False), (replace(drawn, kept=0), False)):
        found = _pictures.Shown(drawn=each, current=False, failed="")
        monkeypatch.setattr(_pictures.Studio, "shown", lambda *_, found=found: found)
        page = shown(made)
        assert ("How sure" in HEADING.findall(page)) is says
        assert ("12 changes kept" in text_of(page)) is not says
        assert "The pictures show the campaign after 300 proposals; newer ones follow." in text_of(page)


@pytest.mark.parametrize(
    ("now", "says"),
    [
        ({"search": "tuner: best so far +0.02 expected"}, "Search of the tuner: best so far +0.02 expected."),
        ({"stopped": "stop"}, "One session has ended; its process writes down what is left, or begins the next."),
        ({"trials": 8, "head_trials": 8}, "The head is measured first: 8 trials so far."),
        ({}, "No experiment is under way: researchers are at work on the next proposals."),
    ],
)
def test_what_goes_on_without_an_experiment_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: dict[str, Any], says: str
) -> None:
    """A search, a session that ends, and the first trials of the head are told from each other."""
    seen: dict[str, Any] = {"trials": 90, "head_trials": 8, **now}
    status_of = status.status_of
    monkeypatch.setattr(status, "status_of", lambda *given: replace(status_of(*given), **seen))
    made = early_campaign(tmp_path / "repo", failing=False)
    with running(made):
        assert says in text_of(shown(made))


def test_a_failed_campaign_says_why_first(tmp_path: Path) -> None:
    """A head that cannot be measured is the first thing on the page, with what to do."""
    text = text_of(shown(early_campaign(tmp_path / "repo", failing=True)))
    assert text.index("No module named 'torch'") < text.index("Waits for you") < text.index("overnight check") < 400


def test_experiments_are_paged_and_chosen_by_verdict(tmp_path: Path) -> None:
    """The newest come first; the links lead to older ones and keep the verdict."""
    made = campaign_of(tmp_path / "repo", 300)
    page = shown(made, f"{CAMPAIGN}/experiments", limit="10", offset="10", verdict="discard")
    numbers = [int(number) for number in re.findall(r"experiments/(\d+)\"", page)]
    assert len(numbers) == 10 and numbers == sorted(numbers, reverse=True)
    assert "11 to 20 of 246" in page
    assert 'href="/repos/repo/campaigns/night/experiments?verdict=discard&amp;limit=10&amp;offset=20"' in page
    assert "There is nothing after 9000" in shown(made, f"{CAMPAIGN}/experiments", offset="9000")


def test_an_experiment_has_its_evidence(tmp_path: Path) -> None:
    """Hypothesis, diff, pairs, the reasons of the verdict; output on request; the holdout's values stay sealed."""
    made = campaign_of(tmp_path / "repo", 300)
    page = shown(made, f"{CAMPAIGN}/experiments/267")
    text = text_of(page)
    assert "Kept : proven after 9 pairs" in text and '<span class="added">+BETA2 = 0.969</span>' in page
    assert "2 trials on the sealed holdout, whose values stay sealed" in text and "7654" not in text.replace(",", "")
    assert page.count('<tr><th scope="row" class="number">') == 9
    assert "METRIC" not in page and "METRIC val_bpb=1.74" in shown(made, f"{CAMPAIGN}/experiments/267", log="true")
    assert "shapes (64,) and (65,) do not match" in text_of(shown(made, f"{CAMPAIGN}/experiments/299"))


def test_ideas_have_their_outcome(tmp_path: Path) -> None:
    """What is tried now, what is next, and what came of the rest."""
    made = campaign_of(tmp_path / "repo", 300, ended=False)
    text = text_of(shown(made, f"{CAMPAIGN}/ideas"))
    assert "Halve the batch and double the steps #1, by program tried now by #301" in text
    assert "#5, by person (owner), bold, expects 0.02 lower" in text
    assert "dropped by person: the floor never mattered" in text


def test_a_long_campaign_is_a_light_page(tmp_path: Path) -> None:
    """After 10,000 experiments the page without pictures is as small as after 300."""
    sizes = [len(shown(campaign_of(tmp_path / str(size) / "repo", size))) for size in (300, 10_000)]
    assert sizes[1] < 1.2 * sizes[0] < 32_000


def test_campaigns_to_compare_are_chosen_on_the_page(tmp_path: Path) -> None:
    """Without names the two newest are compared; each side has the others as links, which keep the other side."""
    made = campaign_of(tmp_path / "repo", 3)
    for tag in ("evening", "morning"):
        copytree(made.folder, made.folder.parent / tag)
    page = shown(made, "/repos/repo/compare")
    names = re.search(r"<h1>(\w+) against (\w+)</h1>", page)
    assert names and len({*names.groups()} & {"night", "evening", "morning"}) == 2
    a, b = names.groups()
    [rest] = {"night", "evening", "morning"} - {a, b}
    assert f'href="/repos/repo/compare?a={rest}&amp;b={b}"' in page and f'href="/repos/repo/compare?a={a}&amp;b={rest}"' in page
    assert "Who gained more" in shown(made, "/repos/repo/compare", a=rest)
    alone = campaign_of(tmp_path / "alone", 3)
    with pytest.raises(UserError, match="no two campaigns"):
        shown(alone, "/repos/repo/compare")
