"""A proposal of `init`, made better by what its first trial read and printed."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.detection.detect import OUTSIDE, UNREAD
from overnight.program.detection.from_output import PrintedMetric, choose, printed_quality, printed_with_unit
from overnight.program.detection.from_reads import editable_files
from overnight.program.detection.loops import LOOP_FILES
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Role
from overnight.program.judge.tree import Read
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Metric, names_time
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.committed import committed_text
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, entry_of, fitted, rendered
from overnight.research.setup.wishes import BY_HAND
from overnight.words.foreign import printable
from overnight.words.quantities import listed

LISTED = 6  # names in a note
NAME = 80  # characters of one
PATTERN = 160  # characters of a pattern
OF_METRIC = "--metric NAME:maximize --pattern 'REGEX'"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """The first trial of a proposal."""

    observed: Observed
    output: bytes

    def value(self, metric: Metric) -> float | None:
        """What this metric reads in it; None if it finds no value."""
        reading = read_metrics(self.output, metric)
        return reading.value if isinstance(reading, MetricReading) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refined:
    """The proposal, and what only a person knows about it."""

    proposal: Proposal
    question: str = ""  # empty: nothing
    globs: tuple[str, ...] = ()  # what may be edited, if the answer is yes
    option: str = ""  # that answers, if it is not about what may be edited


def refined(repository: Repository, proposal: Proposal, run: FirstRun) -> Refined:
    """The proposal with a metric that was printed, and with the files that were read and do not measure."""
    proposal = _with_metric(proposal, run.output, [repository.toplevel.name])
    metric = entry_of(proposal, "metric")
    if metric and metric.value == OUTSIDE and UNREAD in metric.reason:
        question = "the command seems to be about a result that it prints, and no number of its output is clearly that one"
        return Refined(proposal=proposal, question=question, option=OF_METRIC)
    if entry_of(proposal, "editable"):
        return Refined(proposal=proposal)
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        paths = [file.path for file in history.files(start)]
        return _with_editable(proposal, paths, committed_text(history, start), run.observed.opened)


def _with_metric(proposal: Proposal, output: bytes, names: Sequence[str]) -> Proposal:
    """Only in place of the time that is measured from outside for want of anything else."""
    entry = entry_of(proposal, "metric")
    if entry is None or entry.value != OUTSIDE or entry.reason == BY_HAND:
        return proposal
    found = printed_with_unit(output)
    chosen = printed_quality(output) or choose(found, names)
    if chosen is None:
        return proposal
    others = [metric for metric in found if metric is not chosen]
    notes = [note for note in proposal.detected.notes if note not in proposal.detected.on_metric]
    notes += [f"it prints more that could be the metric: {_offered(others)}"] if others else []
    entry = FrontMatterEntry(
        key="metric", value=chosen.value, reason=f"the command prints it as `{printable(chosen.words, NAME)}`"
    )
    return _with_entry(proposal, entry, notes)


def _offered(metrics: Sequence[PrintedMetric]) -> str:
    return listed((f"--metric {printable(m.name, NAME)} --pattern '{printable(m.pattern, PATTERN)}'" for m in metrics), LISTED)


def _with_editable(proposal: Proposal, paths: Sequence[str], read: Read, opened: frozenset[str]) -> Refined:
    found = judges(proposal.program, paths, read)
    leaves = [judge.path for judge in found if judge.role is Role.LEAF and judge.command != "checks"]
    runs = {judge.path for judge in found if judge.path not in leaves} | LOOP_FILES
    reads = [path for path in paths if path in opened]
    timed = names_time(proposal.program.metric.name)
    files = editable_files(reads, paths, runs=runs, leaf=leaves[-1] if leaves else None, timed=timed)
    if files is None:
        return Refined(proposal=proposal, question=f"the command reads no code of this repository, only {_named(reads)}")
    if files.question:
        return Refined(proposal=proposal, question=files.question, globs=files.globs)
    frozen = f", but not {_named(files.frozen)}, which by name measures" if files.frozen else ""
    reason = f"the code that the command reads{frozen}; all else is frozen"
    entry = FrontMatterEntry(key="editable", value=list(files.globs), reason=reason)
    return Refined(proposal=fitted(_with_entry(proposal, entry, proposal.detected.notes), paths, read))


def _named(paths: Sequence[str]) -> str:
    return listed((printable(path, NAME) for path in paths), LISTED) or "nothing"


def _with_entry(proposal: Proposal, entry: FrontMatterEntry, notes: Sequence[str]) -> Proposal:
    return rendered(replace(proposal.detected.having(entry), notes=tuple(notes)), proposal.body)
