"""`results.tsv` in the five columns that the ecosystem's tools read; a view of the ledger, rebuilt from it when needed."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from overnight.files.atomic import write_atomically
from overnight.files.own import open_own
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Metric
from overnight.research.events import CampaignOpened, Concluded, Event, Moved, Proposed, Reopened, TrialFinished
from overnight.research.history import mean_value
from overnight.research.record.port import Recorded
from overnight.words.foreign import printable

_GIB = 1024**3
_WORDS = 160  # characters of a hypothesis or a reason
LARGEST = 256 * 1024**2  # bytes of a table: half a million experiments
_LONGEST = 1024**2  # bytes after the last line end; a row has at most some thousand
_CHUNK = 65_536  # bytes read at once
_STATUS = {Verdict.KEEP: "keep", Verdict.DISCARD: "discard", Verdict.CRASH: "crash", Verdict.REJECT: "discard"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One line of the table."""

    commit: str
    value: float | None  # None is written as 0.000000, as the ecosystem does for a crash
    memory_bytes: int
    status: str
    description: str

    def line(self) -> bytes:
        """The line, with its end."""
        value = 0.0 if self.value is None else self.value
        description = printable(self.description, 2 * _WORDS + 3)
        line = f"{self.commit[:7] or '-'}\t{value:.6f}\t{self.memory_bytes / _GIB:.3f}\t{self.status}\t{description}\n"
        return line.encode()


class ResultsTable:
    """The file; one process appends to it at a time."""

    def __init__(self, path: Path, metric: Metric) -> None:
        self._path = path
        self._header = f"commit\t{printable(metric.name, _WORDS)}\tmemory_gb\tstatus\tdescription\n".encode()

    def append(self, *rows: ResultRow) -> None:
        """Add rows, at a cost that does not grow with the table; a torn last line is cut off first."""
        with self._opened(os.O_CREAT) as file:
            end = _whole_lines_end(file)
            file.truncate(end)
            file.seek(end)
            file.write((b"" if end else self._header) + b"".join(row.line() for row in rows))

    def fix(self) -> int:
        """Cut off a torn last line; return the number of complete rows: the caller calls `rebuild` if the ledger has others.

        A file that is too large to be ours counts as none.
        """
        try:
            file = self._opened()
        except FileNotFoundError:
            return 0
        with file:
            if file.seek(0, os.SEEK_END) > LARGEST:
                return 0
            file.truncate(_whole_lines_end(file))
            file.seek(0)
            lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(_CHUNK), b""))
        return max(0, lines - 1)

    def last(self) -> bytes:
        """The last row, with its end; empty if there is none."""
        with self._opened() as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST))
            return (file.read(_LONGEST).splitlines(keepends=True) or [b""])[-1]

    def rebuild(self, rows: Iterable[ResultRow]) -> None:
        """Write the whole table again."""
        write_atomically(self._path, self._header + b"".join(row.line() for row in rows))

    def _opened(self, flags: int = 0) -> BinaryIO:
        return os.fdopen(open_own(self._path, os.O_RDWR | flags), "r+b")


def _whole_lines_end(file: BinaryIO) -> int:
    """The offset after the last line end; 0 if there is none within reach, so that the file is not a table of ours."""
    end = size = file.seek(0, 2)
    while end and size - end < _LONGEST:
        start = max(0, end - _CHUNK)
        file.seek(start)
        if (place := file.read(end - start).rfind(b"\n")) >= 0:
            return start + place + 1
        end = start
    return 0


def experiment_row(recorded: Iterable[Recorded]) -> ResultRow | None:
    """The row of an experiment's newest verdict from its own events; None while it has none."""
    pending, newest = PendingRow(), None
    for entry in recorded:
        newest = pending.take(entry.event) or newest
    return newest


def table_rows(recorded: Iterable[Recorded]) -> Iterator[ResultRow]:
    """All rows of a campaign: its baseline, then each experiment at its verdict."""
    start, baseline = "", list[Trial]()
    pending: dict[int, PendingRow] = {}
    for entry in recorded:
        match entry.event:
            case CampaignOpened():
                start = entry.event.start
            case TrialFinished(trial=trial) if trial.key.stage is Stage.BASELINE and start:
                baseline.append(trial)
            case Proposed(number=number) | Moved(number=number) | Reopened(number=number) | Concluded(number=number):
                if start:
                    yield baseline_row(start, baseline)
                    start = ""
                if row := pending.setdefault(number, PendingRow()).take(entry.event):
                    yield row
                    del pending[number]
            case TrialFinished(trial=trial) if trial.key.experiment in pending:
                pending[trial.key.experiment].take(entry.event)
    if start:
        yield baseline_row(start, baseline)


def baseline_row(commit: str, trials: Iterable[Trial]) -> ResultRow:
    """The first row: the start with the mean of its baseline trials."""
    trials = list(trials)
    values = [trial.value for trial in trials if trial.value is not None]
    return ResultRow(
        commit=commit,
        value=sum(values) / len(values) if values else None,
        memory_bytes=max((trial.peak_memory_bytes for trial in trials), default=0),
        status="keep" if values else "crash",
        description="baseline",
    )


@dataclass(slots=True)
class PendingRow:
    """An experiment on its way to a row."""

    proposed: Proposed | None = None
    commit: str = ""
    trials: list[Trial] = field(default_factory=list)

    def take(self, event: Event) -> ResultRow | None:
        """The row, if this event of the experiment is a verdict and its proposal was taken before."""
        match event:
            case Proposed() as proposed:
                self.proposed, self.commit = proposed, proposed.commit
            case Moved(commit=commit):
                self.commit, self.trials = commit, []
            case Reopened(proposed=proposed):
                self.proposed, self.commit, self.trials = proposed, proposed.commit, []
            case TrialFinished(trial=trial) if trial.key.arm is Arm.CANDIDATE:
                self.trials.append(trial)
            case Concluded(conclusion=conclusion) if self.proposed:
                return _row(self.proposed, self.commit, self.trials, conclusion)
        return None


def _row(proposed: Proposed, commit: str, trials: list[Trial], conclusion: Conclusion) -> ResultRow:
    value, _ = mean_value(trials)
    description = printable(proposed.hypothesis, _WORDS)
    if conclusion.verdict is not Verdict.KEEP:
        description += f" ({printable(conclusion.reason, _WORDS)})"
    return ResultRow(
        commit=commit,
        value=None if conclusion.verdict is Verdict.CRASH else value,
        memory_bytes=max((trial.peak_memory_bytes for trial in trials), default=0),
        status=_STATUS[conclusion.verdict],
        description=description,
    )
