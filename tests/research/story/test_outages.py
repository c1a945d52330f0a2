"""When providers were out, as a report tells it."""

from collections.abc import Iterator

import pytest
from builders import opened, session, stopped

from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.program.parser import parse_program
from overnight.research.events import Event, ProviderChanged
from overnight.research.record.port import Recorded
from overnight.research.report.markdown import render_markdown
from overnight.research.report.page import render_page
from overnight.research.story.narrator import tell_story
from overnight.research.story.outages import LISTED
from overnight.research.story.story import Story
from overnight.research.views.model_costs import outage_facts


def changed(at: float, standing: ProviderStanding, provider: str = "p", why: str = "") -> tuple[float, Event]:
    return at, ProviderChanged(state=ProviderState(provider=provider, standing=standing, why=why, since=at))


def told(*events: tuple[float, Event]) -> Story:
    """The story of a campaign with these events at their times."""

    def entries() -> Iterator[Recorded]:
        for seq, (at, event) in enumerate([(0.0, opened()), *events], 1):
            yield Recorded(seq=seq, at=at, event=event, digest="")

    return tell_story(entries(), parse_program(opened().program, "program.md"))


def test_an_outage_lasts_until_the_provider_is_ready_again() -> None:
    """A spent quota that turns into a refused key is two; slow is not out."""
    story = told(
        changed(100.0, ProviderStanding.PARKED, why="429 spent"),
        changed(160.0, ProviderStanding.BROKEN, why="401"),
        changed(220.0, ProviderStanding.READY),
        changed(300.0, ProviderStanding.SLOW, why="m writes 1 tokens/s"),
        changed(400.0, ProviderStanding.READY),
    )
    assert [(one.standing, one.since, one.until) for one in story.outages] == [
        (ProviderStanding.PARKED, 100.0, 160.0),
        (ProviderStanding.BROKEN, 160.0, 220.0),
        (ProviderStanding.SLOW, 300.0, 400.0),
    ]
    assert story.out_s == {"p": 120.0}
    facts = dict(outage_facts(story))
    assert facts["p was out, in all"] == "2 min 00 s"
    assert facts["p, out of quota"] == "1970-01-01 00:01 to 00:02 UTC (1 min 00 s): 429 spent"


def test_nothing_is_known_of_the_time_between_sessions() -> None:
    """An outage ends with its session, with the newest event of one that was killed; else it lasts until the newest event."""
    ended = told(changed(100.0, ProviderStanding.BROKEN), (130.0, stopped()), (900.0, session()))
    assert [(one.since, one.until) for one in ended.outages] == [(100.0, 130.0)]
    killed = told(changed(100.0, ProviderStanding.BROKEN), changed(150.0, ProviderStanding.PAUSED, "q"), (900.0, session()))
    assert killed.out_s == {"p": 50.0, "q": 0.0}
    assert told(changed(100.0, ProviderStanding.BROKEN), changed(150.0, ProviderStanding.READY, "q")).out_s == {"p": 50.0}


def test_many_outages_are_listed_in_part_and_counted_in_full() -> None:
    """The newest ones, in order."""
    flaps = [changed(10.0 * n, ProviderStanding.PAUSED if n % 2 else ProviderStanding.READY) for n in range(1, 401)]
    story = told(*flaps)
    assert len(story.outages) == LISTED and story.outages[-1].until == 4000.0
    assert story.out_s == {"p": 2000.0}


@pytest.mark.usefixtures("undrawn")
def test_page_and_markdown_say_it() -> None:
    """With foreign words escaped; nothing without an outage."""
    story = told(changed(100.0, ProviderStanding.BROKEN, why="<b>401</b>"), changed(160.0, ProviderStanding.READY))
    page, text = render_page(story, {}), render_markdown(story, {})
    assert "Providers that were out" in page and "&lt;b&gt;401&lt;/b&gt;" in page
    assert "## Providers that were out" in text and "<b>" not in text.replace("\\<b", "")
    assert "Providers that were out" not in render_page(told(), {}) + render_markdown(told(), {})
