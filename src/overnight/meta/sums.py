"""What inner campaigns did, as sums that do not grow with their number: by role, by target, by idea, by organisation.

Only trials that the organiser may know of are in them: none on sealed targets, and none of an audit.
"""

import json
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter

from overnight.errors import OvernightError
from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, read_own
from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Verdict
from overnight.meta.outcome import progress_of, spreads_of
from overnight.meta.record import ledger_folder
from overnight.meta.tallies import MOST_ROLES, Table, add, by_role
from overnight.meta.trials import folder_of
from overnight.program.program import Metric
from overnight.research.events import TrialFinished
from overnight.research.idea import PROGRAM
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded
from overnight.research.record.restore import restore

FILE = "memory.json"  # in the folder of a meta-campaign
KNOWN = frozenset({Stage.SCREEN, Stage.CONFIRM})
LARGEST = 4_000_000  # bytes of what is remembered
MOST_TARGETS, MOST_IDEAS, MOST_ORGANISATIONS = 32, 100, 12


@dataclass(slots=True, kw_only=True)
class Sums:
    """All that is remembered of a meta-campaign; `seq` is the newest event that it holds."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    seq: int = 0
    roles: Table = field(default_factory=dict)
    targets: Table = field(default_factory=dict)
    ideas: Table = field(default_factory=dict)
    organisations: Table = field(default_factory=dict)  # by number of the experiment; by arm and target

    def take(self, recorded: Iterable[Recorded], folder: Path, metric: Metric) -> None:
        """Take in further events of a meta-campaign whose folder this is."""
        for entry in recorded:
            self.seq = entry.seq
            if isinstance(entry.event, TrialFinished) and entry.event.trial.key.stage in KNOWN:
                self._trial(entry.event.trial, folder, metric)

    def _trial(self, trial: Trial, folder: Path, metric: Metric) -> None:
        for name, progress in progress_of(metric, trial).items():
            if trial.key.stage is Stage.CONFIRM:
                self._organisation(trial, name, progress / spreads_of(metric)[name])
            with suppress(OvernightError, OSError), closing(_ledger(folder, trial, name)) as ledger:
                self._campaign(name, ledger, gained=progress > 0)

    def _organisation(self, trial: Trial, target: str, spreads: float) -> None:
        arm = "before" if trial.key.arm is Arm.BASELINE else "after"
        add(
            self.organisations,
            str(trial.key.experiment),
            MOST_ORGANISATIONS,
            **{f"{arm} {target}": spreads, f"n {arm} {target}": 1},
        )

    def _campaign(self, target: str, ledger: SqliteLedger, *, gained: bool) -> None:
        kept = 0
        for role, counts in by_role(entry.event for entry in ledger.events()).items():
            add(self.roles, role, MOST_ROLES, **counts)
            kept += int(counts.get("kept", 0))
        add(self.targets, target, MOST_TARGETS, campaigns=1, gained=gained, kept=kept)
        state = restore(ledger)
        for idea in state.ideas.done if state else ():
            if idea.origin == PROGRAM and idea.verdict:
                add(self.ideas, idea.text, MOST_IDEAS, tried=1, proven=idea.verdict is Verdict.KEEP)


def _ledger(folder: Path, trial: Trial, target: str) -> SqliteLedger:
    """That of an inner campaign."""
    return SqliteLedger.for_reading(ledger_folder(folder_of(folder, trial.key) / target))


def read_sums(folder: Path) -> Sums:
    """What is remembered of the meta-campaign in a folder; nothing if that cannot be read, or is not what we write."""
    try:
        found = _kept().validate_json(read_own(folder / FILE, LARGEST))
        return found if found.seq >= 0 else Sums()
    except (OSError, ValueError, NotOurs):
        return Sums()


@lru_cache
def _kept() -> TypeAdapter[Sums]:
    return TypeAdapter(Sums)


def write_sums(folder: Path, sums: Sums) -> None:
    """Keep it."""
    write_atomically(folder / FILE, json.dumps(asdict(sums)).encode())
