"""Opening a campaign to read it, running or not."""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from overnight import __version__
from overnight.errors import UserError
from overnight.files.state_folder import state_folder
from overnight.gate.trial import Trial
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.ledger.lock import holder
from overnight.ledger.pending import OPEN
from overnight.program.program import PROGRAM
from overnight.research.events import CampaignOpened, Event, IdeasChanged, TrialFinished
from overnight.research.experiment import Experiment, SessionTranscript
from overnight.research.given import NEWEST, WAITS, GivenOrder, given_order
from overnight.research.history import fold_experiment
from overnight.research.idea import PERSON, IdeaQueue
from overnight.research.ideas.file import parse_ideas
from overnight.research.ideas.queue import after
from overnight.research.order import BelieveChange, ChangeBudget, ChangeIdeas, giver_words
from overnight.research.places.begun import require_begun_here
from overnight.research.places.campaigns import campaign_folder, find_campaign, read_program
from overnight.research.places.fresh_start import is_barren
from overnight.research.places.orders import read_believed, read_ideas
from overnight.research.places.transcripts import FOLDER, sessions_of
from overnight.research.record.elapsed import elapsed_at
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.orders import MOST_OPEN
from overnight.research.record.remembered import remembered
from overnight.research.standing import with_beliefs
from overnight.research.state import State, begin


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignReader:
    """A campaign opened for reading."""

    repository: Repository
    folder: Path
    ledger: SqliteLedger
    running: int | None  # the process that runs it

    def state(self) -> State:
        """Where the campaign stands now, with what is believed and ordered that no session has recorded yet.

        Raises:
            UserError: its ledger is empty.
        """
        state = remembered().state(self.folder, self.ledger)
        if state is None:
            raise UserError(f"the campaign in {self.folder} has no events yet", fix="start it with `overnight run`")
        believed, budget, by = list(read_believed(self.folder)), state.budget, state.budget_by
        for _, ordered in self.ledger.open_orders(MOST_OPEN):
            match ordered.order:
                case BelieveChange(commit=commit):
                    believed.append(commit)
                case ChangeBudget() as change if change.changed(budget) != budget:
                    budget, by = change.changed(budget), giver_words(ordered.by, ordered.origin)
                case _:
                    pass
        return replace(state, kept=with_beliefs(state.kept, set(believed)), budget=budget, budget_by=by)

    def experiment(self, number: int) -> Experiment:
        """One experiment, with the trials that it has so far.

        Raises:
            UserError: there is no experiment with this number.
        """
        found = self.ledger.experiment(number)
        if found is None:
            total = self.ledger.experiments(limit=1).total
            fix = f"the newest is {total}; see `overnight log`" if total else "there are none yet"
            raise UserError(f"there is no experiment {number}", fix=fix)
        return self.under_way(found)

    def events(self, number: int) -> Sequence[Event]:
        """What happened in one experiment."""
        return [recorded.event for recorded in self.ledger.experiment_events(number)]

    def diff(self, experiment: Experiment) -> str:
        """What an experiment changed; empty if it has no commit."""
        return next(iter(self.diffs([(experiment.base, experiment.commit)])), "") if experiment.commit else ""

    def diffs(self, pairs: Iterable[tuple[str, str]]) -> list[str]:
        """The unified diffs from one commit to another."""
        with closing(GitHistory(self.repository)) as history:
            return [history.diff(before, after) for before, after in pairs]

    def kept_diffs(self, state: State) -> dict[int, str]:
        """What each kept experiment changed, by its number."""
        parents = (state.start, *(kept.commit for kept in state.kept))
        pairs = [(parent, kept.commit) for parent, kept in zip(parents, state.kept, strict=False)]
        return dict(zip((kept.number for kept in state.kept), self.diffs(pairs), strict=True))

    def output(self, trial: Trial) -> bytes | None:
        """What a trial printed; None if that was not kept."""
        return ArtifactStore(self.folder / "logs").read(trial.log)

    def transcripts(self, experiment: Experiment) -> Sequence[SessionTranscript]:
        """What the agents said and did that proposed an experiment and read it; none of a researcher that is no agent."""
        if not experiment.assignment:
            return ()
        return sessions_of(self.folder / FOLDER, experiment.assignment, experiment.role)

    def next_state(self) -> State:
        """The state that work goes on from: without any result, a session starts over with program.md as it is now.

        Raises:
            UserError: its ledger is empty, or program.md has mistakes.
        """
        state = self.state()
        if self.running or not is_barren(state) or state.program.path != PROGRAM:
            return state
        with closing(GitHistory(self.repository)) as history:
            return opening_state(self.repository, history, state.tag)

    def transcripts_of(self, assignment: int) -> Sequence[SessionTranscript]:
        """What was said and done in an assignment, whatever came of it."""
        return sessions_of(self.folder / FOLDER, assignment, "")

    def ideas(self) -> IdeaQueue:
        """The queue as it will be once the campaign has acted on its orders and read the current file of ideas."""
        seen = -1
        while seen != (seen := self.ledger.newest()):  # an order that is acted on between the two looks would be in neither
            known, orders = self.next_state().ideas, self.ledger.open_orders(MOST_OPEN)
        for _, ordered in orders:
            if isinstance(ordered.order, ChangeIdeas):
                known = after(known, IdeasChanged(by=PERSON, edits=ordered.order.edits, giver=ordered.by))
        return after(known, IdeasChanged(by=PERSON, edits=parse_ideas(read_ideas(self.folder), known)))

    def orders(self) -> tuple[GivenOrder, ...]:
        """The newest orders in words, newest first."""
        newest = self.ledger.newest_orders(NEWEST)
        return tuple(given_order(event, item.at, WAITS if item.state == OPEN else item.state) for item, event in newest)

    def under_way(self, experiment: Experiment) -> Experiment:
        """An experiment with the trials that it has so far; the row of an open one has only its proposal."""
        if experiment.conclusion:
            return experiment
        events = ((recorded.at, recorded.event) for recorded in self.ledger.experiment_events(experiment.number))
        return fold_experiment(events) or experiment

    def elapsed_s(self, state: State) -> float:
        """The campaign's clock, until now if it runs."""
        return elapsed_at(self.ledger, state, time.time()) if self.running else state.elapsed_s

    def deaf(self) -> tuple[str, ...]:
        """The channels that it listens on and that cannot receive now, each with the reason; none if it does not run."""
        if not self.running:
            return ()
        from overnight.notices.listeners import deaf_channels

        return deaf_channels(state_folder(), str(self.repository.toplevel), self.folder.name)

    def failure(self, state: State) -> str:
        """Why the head cannot be measured, if no trial of the campaign ever had a value; else empty."""
        if self.running or state.gate.trials or not state.tally.trials:
            return ""
        trials = [entry.event.trial for entry in self.ledger.events() if isinstance(entry.event, TrialFinished)]
        return next((trial.reason for trial in reversed(trials) if trial.fault), "")


def opening_state(repository: Repository, history: GitHistory, tag: str) -> State:
    """What a campaign would begin with now; nothing is recorded.

    Raises:
        UserError: program.md has mistakes.
    """
    program = read_program(repository)
    opened = CampaignOpened(
        tag=tag,
        version=__version__,
        program=program.source,
        start=history.resolve_start(),
        secret=secrets.token_hex(16),
        sandbox="",
    )
    return begin(opened, program)


@contextmanager
def reading(tag: str | None, around: Path | None = None) -> Iterator[CampaignReader]:
    """Open the campaign of a tag, the newest by default, in the repository around a folder, by default the current one.

    Raises:
        UserError: there is none, something in its folder is not ours, or the newest was not begun here.
    """
    repository, found = find_campaign(around or Path.cwd(), tag)
    folder = campaign_folder(repository, found)
    ledger = SqliteLedger.for_reading(folder)
    try:
        if tag is None:
            require_begun_here(folder, ledger)
        yield CampaignReader(repository=repository, folder=folder, ledger=ledger, running=holder(folder))
    finally:
        ledger.close()
