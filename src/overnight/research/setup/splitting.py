"""Two processes in place of one, where a training writes a file and a frozen script scores it: tried before it is proposed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.code_files import is_code
from overnight.program.detection.detect import OUTSIDE
from overnight.program.detection.quality import quality_of_model
from overnight.program.detection.split import Split, split_of
from overnight.program.front_matter import Value
from overnight.program.judge.tree import Read
from overnight.program.metric import MetricReading, read_metrics
from overnight.program.program import Direction, Metric
from overnight.program.writer import FrontMatterEntry
from overnight.research.loop.committed import committed_text
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_look import Proposal, entry_of, fitted, rendered, with_note
from overnight.research.setup.refinement import FirstRun, refined
from overnight.research.setup.trained import SAYS_IT, SAYS_ITSELF, trained
from overnight.research.setup.tries import Tries
from overnight.research.setup.wishes import BY_HAND
from overnight.words.foreign import printable
from overnight.words.quantities import listed

NAME = 80  # characters of a path
LISTED = 4
BEGINS = "overnight-the-score-begins-here"  # printed between the two commands, in the trial of `init` alone
_TIME = Metric(name="cpu_s", direction=Direction.MINIMIZE)  # so that the trial has a value whatever is printed
_UNKNOWN = FrontMatterEntry(key="metric", value={"name": "score", "direction": "maximize"})
BELIEVED = "the number is the training's own, and is believed as it stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Splitting:
    """Looks for a scorer of what a proposal trains."""

    repository: Repository
    tries: Tries
    say: Callable[[str], None]

    async def split(self, proposal: Proposal, run: FirstRun) -> tuple[Proposal, Observed] | Proposal:
        """The proposal with `produce` and `score`, and its first trial; else the proposal, with a note if it could be split."""
        script, measure = trained(proposal), proposal.program.measure
        if not script or measure is None or any(entry_of(proposal, key) for key in ("holdout", "prepare")):
            return proposal
        with self._committed() as (paths, read):
            found = split_of(measure, script, paths, read)
        if found is None:
            return proposal
        if not found.scorer or found.runs_code:
            return with_note(proposal, _by_hand(found))
        self.say(f"Measuring in two processes: {measure}, then {found.score}")
        return await self._tried(proposal, run, found) or with_note(proposal, _failed(found))

    async def _tried(self, proposal: Proposal, run: FirstRun, found: Split) -> tuple[Proposal, Observed] | None:
        """None if the scorer alone, without what may be edited, does not print what is clearly the metric."""
        try:
            split = self._split(proposal, run, found)
        except UserError:  # of what may be edited, which is asked about as with one process
            return None
        if split is None:
            return None
        tried = replace(split.program, metric=_TIME, score=f"echo {BEGINS} && {found.score}")
        both = await self.tries.first(self.repository, tried)
        _, began, printed = both.output.rpartition(f"{BEGINS}\n".encode())
        if both.observed.trial.value is None or not began:
            return None
        metric = _metric_of(proposal, found, printed)
        if metric is None:
            return None
        told = (*_for_a_person(run.observed, both.observed, found), *split.detected.notes)
        notes = tuple(note for note in told if note not in proposal.detected.on_metric)
        split = rendered(replace(split.detected.having(metric), notes=notes), proposal.body)
        reading = read_metrics(printed, split.program.metric)
        if not isinstance(reading, MetricReading):
            return None
        trial = replace(both.observed.trial, value=reading.value, metrics=reading.metrics)
        return split, replace(both.observed, trial=trial)

    def _split(self, proposal: Proposal, run: FirstRun, found: Split) -> Proposal | None:
        """The keys of two processes, with no metric yet; None if only a person knows what may be edited."""
        one = rendered(proposal.detected.having(_UNKNOWN), proposal.body)
        better = refined(self.repository, one, run)
        editable = entry_of(better.proposal, "editable")
        if better.question or editable is None:
            return None
        detected, program = better.proposal.detected, better.proposal.program
        if editable.reason != BY_HAND:
            reason = "the code that the training reads, and what trains; all else is frozen"
            globs = list(dict.fromkeys((*program.editable, found.script)))
            detected = detected.having(FrontMatterEntry(key="editable", value=list[Value](globs), reason=reason))
        kept = [entry for entry in detected.entries if entry.key != "measure"]
        notes = tuple(note for note in detected.notes if SAYS_ITSELF not in note and SAYS_IT not in note)
        detected = replace(detected, entries=kept, notes=notes)
        for entry in _keys(found, proposal.program.measure or ""):
            detected = detected.having(entry)
        with self._committed() as (paths, read):
            return fitted(rendered(detected, proposal.body), paths, read)

    @contextmanager
    def _committed(self) -> Iterator[tuple[Sequence[str], Read]]:
        """The paths of the start's files, and what reads their texts."""
        with closing(GitHistory(self.repository)) as history:
            start = history.resolve_start()
            yield [file.path for file in history.files(start)], committed_text(history, start)


def _keys(found: Split, produce: str) -> tuple[FrontMatterEntry, ...]:
    """What stands in place of `measure`."""
    trains = f"{printable(found.script, NAME)} trains, and hands over {_names(found)}"
    judges = f"{printable(found.scorer, NAME)} judges that in a process of its own, which no candidate enters"
    return (
        FrontMatterEntry(key="produce", value=produce, reason=trains),
        FrontMatterEntry(key="score", value=found.score, reason=judges),
        FrontMatterEntry(key="artifacts", value=list[Value](found.artifacts)),
    )


def _for_a_person(one: Observed, both: Observed, found: Split) -> Iterator[str]:
    """A note on data that the scorer alone reads, so that the training could do without them."""
    data = sorted(path for path in both.opened - one.opened if path != found.scorer and not is_code(path))
    if data and one.complete:
        names = listed((printable(path, NAME) for path in data), LISTED, noun="file")
        scorer = printable(found.scorer, NAME)
        yield f"{scorer} alone reads {names}: `hidden` keeps that from candidates, which could train on it"


def _metric_of(proposal: Proposal, found: Split, printed: bytes) -> FrontMatterEntry | None:
    """The metric that was found before, if the scorer prints it; else the quality of a model that it prints; None without."""
    known = entry_of(proposal, "metric")
    if known and known.value != OUTSIDE and isinstance(read_metrics(printed, proposal.program.metric), MetricReading):
        return known
    quality = quality_of_model(printed, trains=True).chosen
    if quality is None or (known and known.reason == BY_HAND):
        return None
    reason = f"{printable(found.scorer, NAME)} prints it as `{printable(quality.words, NAME)}`"
    return FrontMatterEntry(key="metric", value=quality.value, reason=reason)


def _names(found: Split) -> str:
    return listed((printable(path, NAME) for path in found.artifacts), LISTED)


def _by_hand(found: Split) -> str:
    """How a person splits what cannot be split without them."""
    script, scorer, score = (printable(each, NAME) for each in (found.script, found.scorer, found.score))
    if found.runs_code:
        how = f"{scorer} judges {_names(found)}, but reads it in a way that can run code of the candidate's"
        return f"{BELIEVED}: {how}; hand over JSON, text or safetensors, then set `produce`, `score: {score}` and `artifacts`"
    how = f"{script} writes {_names(found)}; let a frozen script read that and print the number"
    return f"{BELIEVED}: {how}, with `produce`, `score` and `artifacts` in place of `measure` (docs/trust.md)"


def _failed(found: Split) -> str:
    """Why two commands that were tried are not proposed."""
    how = f"{printable(found.scorer, NAME)} judges {_names(found)}, but not alone"
    why = "with `produce` and `score` it runs without the files that may be edited, and must print the metric"
    return f"{BELIEVED}: {how}; {why} (docs/trust.md)"
