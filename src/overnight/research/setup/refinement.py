"""A proposal of `init`, made better by what its first trial read and printed."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from overnight.gate.trial import Fault
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.code_files import is_code
from overnight.program.detection.detect import OUTSIDE, UNREAD
from overnight.program.detection.fixed_time import repeats_for_a_time
from overnight.program.detection.from_reads import editable_files, judges_by_name
from overnight.program.detection.loops import LOOP_FILES
from overnight.program.detection.metric import PRINTS_IT
from overnight.program.detection.names import MANIFESTS, foreign_names, own_names, words_of_project
from overnight.program.detection.owners import Names
from overnight.program.detection.printed_metric import PrintedMetric
from overnight.program.detection.quality import TRAINS, Quality, bare_quality, quality_of_model, score_of_search
from overnight.program.detection.suite import suite
from overnight.program.judge.runs import judges
from overnight.program.judge.steps import Role
from overnight.program.judge.tree import Read
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Metric, names_time
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.committed import committed_text
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, entry_of, fitted, rendered
from overnight.research.setup.trained import judging, trained, with_trust
from overnight.research.setup.wishes import BY_HAND
from overnight.words.foreign import printable
from overnight.words.quantities import listed

LISTED = 6  # names in a note
NAME = 80  # characters of one
OPTIONS = 400  # characters of the options that take a number
MOST_SCRIPTS = 40  # that are read for what they import


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
    choices: tuple[str, ...] | None = None  # options that take a number each; None: the question is not about the metric


def refined(repository: Repository, proposal: Proposal, run: FirstRun) -> Refined:
    """The proposal with a metric that was printed, and with the files that were read and do not measure."""
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        paths = [file.path for file in history.files(start)]
        read = committed_text(history, start)
        found = _with_metric(proposal, run, repository.toplevel.name, paths, read)
        if found.question or entry_of(found.proposal, "editable"):
            return found
        return _with_editable(found.proposal, paths, read, run.observed.opened)


def reread(repository: Repository, proposal: Proposal, run: FirstRun) -> tuple[Proposal, FirstRun] | None:
    """With a number of the output in place of a metric that the text of a script promised and the output does not have.

    None if the output has a value, if nothing else of it is clearly the metric, or if it is not known by a text alone.
    """
    entry, trial = entry_of(proposal, "metric"), run.observed.trial
    if entry is None or trial.fault is not Fault.METRIC or PRINTS_IT not in entry.reason:
        return None
    unread = _with_entry(proposal, replace(entry, value=OUTSIDE), proposal.detected.notes)
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        paths = [file.path for file in history.files(start)]
        better = _with_metric(unread, run, repository.toplevel.name, paths, committed_text(history, start)).proposal
    value = run.value(better.program.metric)
    if value is None:
        return None
    trial = replace(trial, value=value, fault=None, reason="", excerpt=())
    return better, replace(run, observed=replace(run.observed, trial=trial))


def _with_metric(proposal: Proposal, run: FirstRun, folder: str, paths: Sequence[str], read: Read) -> Refined:
    """Only in place of the time that is measured from outside for want of anything else."""
    entry = entry_of(proposal, "metric")
    if entry is None or entry.value != OUTSIDE or entry.reason == BY_HAND:
        return Refined(proposal=proposal)
    manifests = {path: text for path in MANIFESTS if path in paths and (text := read(path)) is not None}
    scripts = _scripts(proposal, run, paths, read)
    sources = [path for path in paths if path in run.observed.opened and is_code(path) and path not in scripts]
    own = own_names(folder, manifests)
    foreign = foreign_names(manifests, scripts.values(), own)
    words = words_of_project(own, manifests, sources, foreign)
    return _printed(proposal, run.output, scripts, Names(own=own, foreign=foreign, words=words))


def _printed(proposal: Proposal, output: bytes, scripts: Mapping[str, str], names: Names) -> Refined:
    """The proposal with the number that the command is about, or the question which it is."""
    trains = trained(proposal) != "" or any(TRAINS.search(text) for text in scripts.values())
    rows = suite(output, own=names.own, foreign=names.foreign, words=names.words)
    quality, score = quality_of_model(output, trains=trains), score_of_search(output)
    numbers = Quality(chosen=rows.chosen)
    measures = "bench" in f"{proposal.program.measure} {' '.join(scripts)}".lower()
    found: list[Quality] = [quality, bare_quality(output, scripts.values()), score]
    if not trained(proposal) and (rows.by_tool or (measures and not trains)):
        found.insert(0, numbers)
    elif not _shows_result(proposal):
        found.append(numbers)
    for each in found:
        if each.chosen:
            return Refined(proposal=_measured_by(proposal, each.chosen, each.others or (() if trains else rows.others)))
        if each.either:
            what = f"`{printable(each.either[0].words, NAME)}`"
            question = f"the command prints {what}, and only you know whether more of it is better"
            return Refined(proposal=proposal, question=question, choices=tuple(one.options for one in each.either))
    return _on_time(proposal, repeats_for_a_time(proposal.program.measure or "", scripts.values()), rows.others, trains=trains)


def _measured_by(proposal: Proposal, chosen: PrintedMetric, others: Sequence[PrintedMetric]) -> Proposal:
    others = [metric for metric in others if metric.pattern != chosen.pattern]
    notes = [note for note in proposal.detected.notes if note not in proposal.detected.on_metric]
    notes += [f"it prints more that could be the metric: {_offered(others)}"] if others else []
    mean = f", {chosen.values} values, whose geometric mean it is" if chosen.values else ""
    reason = f"the command prints it as `{printable(chosen.words, NAME)}`{mean}"
    return _with_entry(proposal, FrontMatterEntry(key="metric", value=chosen.value, reason=reason), notes)


def _on_time(proposal: Proposal, tool: str, printed: Sequence[PrintedMetric], *, trains: bool) -> Refined:
    """The proposal with the CPU time, unless that says nothing of what a person would improve."""
    command = f"`{printable(proposal.program.measure or '', NAME)}`"
    if tool:
        why = f"{command} repeats a call until a time is over ({tool}), so its CPU time shows no gain"
    elif _shows_result(proposal):
        why = f"{command} seems to be about a result that it prints"
    elif trains:
        why = f"{command} trains a model, so its CPU time is hardly what is to be improved"
    else:
        return Refined(proposal=proposal)
    question = f"{why}, and no number of its output is clearly the metric"
    return Refined(proposal=proposal, question=question, choices=tuple(metric.options for metric in printed[:LISTED]))


def _shows_result(proposal: Proposal) -> bool:
    """Whether the command is a game, a simulator or a solver by its text, which prints what it came to."""
    entry = entry_of(proposal, "metric")
    return entry is not None and UNREAD in entry.reason


def _scripts(proposal: Proposal, run: FirstRun, paths: Sequence[str], read: Read) -> Mapping[str, str]:
    """Texts of the files that measure, by their names or because the command runs them."""
    runs = {judge.path for judge in judges(proposal.program, paths, read) if judge.command != "checks"}
    opened = [path for path in paths if path in run.observed.opened and is_code(path)]
    measuring = [path for path in opened if path in runs or judges_by_name(path)]
    return {path: text for path in measuring[:MOST_SCRIPTS] if (text := read(path)) is not None}


def _offered(metrics: Sequence[PrintedMetric]) -> str:
    return listed((printable(metric.options, OPTIONS) for metric in metrics), LISTED)


def _with_editable(proposal: Proposal, paths: Sequence[str], read: Read, opened: frozenset[str]) -> Refined:
    found = judges(proposal.program, paths, read)
    leaves = [judge.path for judge in found if judge.role is Role.LEAF and judge.command != "checks"]
    runs = {judge.path for judge in found if judge.path not in leaves} | LOOP_FILES
    reads = [path for path in paths if path in opened]
    if trained(proposal):
        runs |= judging(set(reads) - set(leaves), read)
    timed = names_time(proposal.program.metric.name)
    leaf, trains = leaves[-1] if leaves else None, bool(trained(proposal))
    files = editable_files(reads, paths, runs=runs, leaf=leaf, timed=timed, trains=trains)
    if files is None:
        return Refined(proposal=proposal, question=f"the command reads no code of this repository, only {_named(reads)}")
    if files.question:
        return Refined(proposal=proposal, question=files.question, globs=files.globs)
    what = "makes the data or judges" if leaf in files.globs else "trains, makes the data or judges"
    why = f"what {what}" if trains else "which by name measures"
    frozen = f", but not {_named(files.frozen)}, {why}" if files.frozen else ""
    reason = f"the code that the command reads{frozen}; all else is frozen"
    entry = FrontMatterEntry(key="editable", value=list(files.globs), reason=reason)
    proposal = fitted(_with_entry(proposal, entry, proposal.detected.notes), paths, read)
    return Refined(proposal=with_trust(proposal, read))


def _named(paths: Sequence[str]) -> str:
    return listed((printable(path, NAME) for path in paths), LISTED) or "nothing"


def _with_entry(proposal: Proposal, entry: FrontMatterEntry, notes: Sequence[str]) -> Proposal:
    return rendered(replace(proposal.detected.having(entry), notes=tuple(notes)), proposal.body)
