"""Opening a campaign to read it, running or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.git.repository import Repository
from overnight.research.events import TrialFinished
from overnight.research.experiment import Experiment
from overnight.research.history import fold_experiment
from overnight.research.loop.journal import restore
from overnight.research.record.ledger import SqliteLedger, holder
from overnight.research.state import State
from overnight.research.wiring import campaign_folder, find_campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReader:
    """A campaign opened for reading."""

    repository: Repository
    folder: Path
    ledger: SqliteLedger
    running: int | None  # the process that runs it

    def state(self) -> State:
        """Where the campaign stands now.

        Raises:
            UserError: its ledger is empty.
        """
        state = restore(self.ledger)
        if state is None:
            raise UserError(f"the campaign in {self.folder} has no events yet", fix="start it with `overnight run`")
        return state

    def under_way(self, experiment: Experiment) -> Experiment:
        """An experiment with the trials that it has so far; the row of an open one tells only of its proposal."""
        if experiment.conclusion:
            return experiment
        events = ((recorded.at, recorded.event) for recorded in self.ledger.experiment_events(experiment.number))
        return fold_experiment(events) or experiment

    def failure(self, state: State) -> str:
        """Why the head cannot be measured, where no trial of the campaign ever had a value; else empty."""
        if self.running or state.gate.trials or not state.tally.trials:
            return ""
        trials = [entry.event.trial for entry in self.ledger.events() if isinstance(entry.event, TrialFinished)]
        return next((trial.reason for trial in reversed(trials) if trial.fault), "")


@contextmanager
def reading(tag: str | None, around: Path | None = None) -> Iterator[CampaignReader]:
    """Open the campaign of a tag, the newest by default, in the repository around a folder, by default the current one."""
    repository, found = find_campaign(around or Path.cwd(), tag)
    folder = campaign_folder(repository, found)
    ledger = SqliteLedger.for_reading(folder)
    try:
        yield CampaignReader(repository=repository, folder=folder, ledger=ledger, running=holder(folder))
    finally:
        ledger.close()
