"""The report as one HTML page that loads nothing, runs nothing and trusts no text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from overnight.gate.verdict import Verdict
from overnight.research.report.addition import Addition
from overnight.research.report.diff import DiffView, ShownDiffs
from overnight.research.report.pictures import (
    agreement_picture,
    budget_picture,
    evidence_picture,
    floor_picture,
    forest_picture,
    funnel_picture,
    progress_picture,
)
from overnight.research.report.sessions import NO_SESSIONS, SessionView, ShownSessions
from overnight.research.report.templates import environment
from overnight.research.story.story import FailureGroup, KeepEvidence, PairRow, Story
from overnight.research.views.answers import answers
from overnight.research.views.commands import Command, keep_commands, next_commands, reproduce_commands
from overnight.research.views.facts import (
    NOTES,
    Facts,
    audit_facts,
    cost_facts,
    environment_facts,
    error_facts,
    keep_facts,
    noise_facts,
    order_facts,
    when,
)
from overnight.research.views.model_costs import model_facts, model_rows, outage_facts
from overnight.research.views.wording import better, figures_of
from overnight.words.quantities import counted

_FEW = 12  # keeps whose sheets are open; more are collapsed
_SHORT = 24  # lines of a diff that is open
_HEADINGS = {Verdict.DISCARD: "Discarded", Verdict.CRASH: "Crashed", Verdict.REJECT: "Rejected before any trial"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """One row of evidence, written out."""

    seed: int
    first: str
    baseline: str
    candidate: str
    gain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepSheet:
    """Everything about one kept change."""

    keep: KeepEvidence
    facts: Facts
    notes: tuple[str, ...]
    diff: DiffView | None
    pairs: tuple[PairView, ...]
    screening: str
    commands: tuple[Command, ...]
    sessions: tuple[SessionView, ...]


def render_page(
    story: Story, diffs: ShownDiffs, sessions: ShownSessions = NO_SESSIONS, additions: Sequence[Addition] = ()
) -> str:
    """The whole page."""
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            story=story,
            figures=figures_of(story),
            better=better(story.metric),
            when=when(story),
            answers=answers(story),
            progress=progress_picture(story),
            forest=forest_picture(story),
            agreement=agreement_picture(story),
            funnel=funnel_picture(story),
            evidence=evidence_picture(story),
            budget=budget_picture(story),
            floor=floor_picture(story),
            diffs=diffs,
            sheets=[_sheet(story, keep, diffs, sessions) for keep in story.keeps],
            folded=len(story.keeps) > _FEW,
            short=_SHORT,
            failures=_by_verdict(story.failures),
            next_commands=next_commands(story),
            reproduce_commands=reproduce_commands(story),
            audit_facts=audit_facts(story),
            error_facts=error_facts(story),
            noise_facts=noise_facts(story),
            cost_facts=cost_facts(story),
            model_rows=model_rows(story),
            model_facts=model_facts(story),
            outage_facts=outage_facts(story),
            order_facts=order_facts(story),
            sessions=sessions.others,
            environment_facts=environment_facts(story),
            additions=additions,
        )
    )


def _sheet(story: Story, keep: KeepEvidence, diffs: ShownDiffs, sessions: ShownSessions) -> KeepSheet:
    figures = figures_of(story)
    return KeepSheet(
        keep=keep,
        facts=tuple(fact for fact in keep_facts(story, keep) if fact[0] != NOTES),
        notes=tuple(f"{name} = {note}" for name, note in keep.notes.items()),
        diff=diffs.get(keep.number),
        pairs=tuple(_pair(story, pair) for pair in keep.pairs),
        screening=", ".join(figures.value(value) for value in keep.screening),
        commands=keep_commands(story, keep),
        sessions=sessions.of_keeps.get(keep.number, ()),
    )


def _pair(story: Story, pair: PairRow) -> PairView:
    figures = figures_of(story)
    baseline, candidate = pair.baseline, pair.candidate
    gain = story.metric.gain(baseline, candidate) if baseline is not None and candidate is not None else None
    return PairView(
        seed=pair.seed,
        first=pair.first,
        baseline="none" if baseline is None else figures.value(baseline),
        candidate="none" if candidate is None else figures.value(candidate),
        gain=figures.gain(gain),
    )


def _by_verdict(failures: tuple[FailureGroup, ...]) -> list[tuple[str, list[FailureGroup]]]:
    ordered = sorted(failures, key=lambda failure: list(_HEADINGS).index(failure.verdict))
    grouped = [(verdict, list(groups)) for verdict, groups in groupby(ordered, key=lambda failure: failure.verdict)]
    return [
        (f"{_HEADINGS[verdict]}: {counted(sum(group.count for group in groups), 'experiment')}", groups)
        for verdict, groups in grouped
    ]
