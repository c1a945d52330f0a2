"""Pictures and answers of a campaign, drawn by a process of its own: `python -m overnight.research.report.drawing`.

To draw takes seconds and 200 MB, which a server of pages must not spend on each change. The process draws once and ends.
"""

import os
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from overnight.files.atomic import write_atomically
from overnight.research.views.answers import ReportAnswer, answers
from overnight.research.views.facts import Facts, audit_facts, error_facts, noise_facts

NICE = 15  # below whatever is measured
MOST_BYTES = 20 * 1000**2  # of a file that is read
_TAG = re.compile(r"<[^>]*>")
_DECIMALS = re.compile(r"(\d+\.\d)\d+")


@checked(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Chart:
    """One picture in two widths."""

    wide: str  # SVG
    narrow: str
    caption: str


@checked(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Drawn:
    """A campaign as it was when it had so many events and proposals, of which so many had ended and were kept."""

    events: int
    experiments: int
    ended: int
    kept: int
    charts: Mapping[str, Chart]  # by name; those with nothing to draw are left out
    answers: tuple[ReportAnswer, ...]
    noise: Facts
    errors: Facts
    audit: Facts


@cache
def form() -> TypeAdapter[Drawn]:
    """As it is kept in a file."""
    return TypeAdapter(Drawn)


def draw(folder: Path, tag: str) -> Drawn:
    """The pictures of a campaign in the repository around a folder, as its ledger is now."""
    from overnight.research.places.orders import read_believed
    from overnight.research.reading import reading
    from overnight.research.record.restore import newest_snapshot
    from overnight.research.report import pictures
    from overnight.research.story.narrator import tell_story
    from overnight.secrets.broker import user_broker

    with reading(tag, folder) as campaign:
        events, state = campaign.ledger.newest(), campaign.state()
        believed = read_believed(campaign.folder)
        story = tell_story(campaign.ledger.events(), state.program, newest_snapshot(campaign.ledger), believed)
    hide = user_broker().scrubber().known_in
    found = {
        "progress": pictures.progress_picture(story),
        "forest": pictures.forest_picture(story),
        "floor": pictures.floor_picture(story),
        "agreement": pictures.agreement_picture(story),
        "funnel": pictures.funnel_picture(story) if story.funnel.proposed else None,
        "evidence": pictures.evidence_picture(story),
        "budget": pictures.budget_picture(story),
    }
    charts = {
        name: Chart(wide=hide(_lighter(made.wide)), narrow=hide(_lighter(made.narrow)), caption=hide(made.caption))
        for name, made in found.items()
        if made
    }
    said = (ReportAnswer(question=each.question, figure=hide(each.figure), detail=hide(each.detail)) for each in answers(story))
    return Drawn(
        events=events,
        experiments=story.funnel.proposed,
        ended=state.tally.experiments,
        kept=state.tally.keep,
        charts=charts,
        answers=tuple(said),
        noise=noise_facts(story),
        errors=error_facts(story),
        audit=audit_facts(story),
    )


def _lighter(svg: str) -> str:
    """The same picture with coordinates to a tenth of a pixel, which halves it; its texts stay as they are."""
    return _TAG.sub(lambda tag: _DECIMALS.sub(r"\1", tag[0]), str(svg))


def main(folder: str, tag: str, file: str) -> None:
    """Draw, and put what was drawn in the place of the file."""
    os.nice(NICE)
    write_atomically(Path(file), form().dump_json(draw(Path(folder), tag)))


if __name__ == "__main__":
    main(*sys.argv[1:])
