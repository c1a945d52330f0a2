"""Simulated campaigns with several researchers and slots, through the real loop in virtual time, at equal numbers of trials.

    python bench/gate/parallel.py [--campaigns 20] [--world "1 in 50"]

Prints a Markdown table: true progress and false keeps for 1, 4 and 16 researchers. The queue, the order of trials, the pairs
that run ahead and the moves of the head are those of `overnight run`; proposals, git and trials are simulated.
"""

import argparse
import asyncio
import selectors
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Any, cast

import anyio
from gate_worlds import WORLDS, Setting, World

from overnight.gate.early_stopping import StoppingBar
from overnight.gate.trial import Arm, Trial, TrialKey
from overnight.git.deadline import Deadline
from overnight.git.port import FileChange
from overnight.machines.place import Place
from overnight.program.program import Budget, Direction, Metric, Program
from overnight.research.budget import SessionLimits
from overnight.research.changes.code_size import SizeChange
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Advanced, CampaignOpened, Event, Moved, Proposed, Sign, TrialCancelled
from overnight.research.experiment import Draft, Experiment
from overnight.research.loop.ahead import PairsAhead
from overnight.research.loop.asking import Asking
from overnight.research.loop.branch import Branch
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.experiment import ExperimentRunner
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.journal import Journal
from overnight.research.loop.moving import Mover
from overnight.research.loop.proposal import Intake
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.recording import ProposalOutcome
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.scope import Scope
from overnight.research.loop.searching import SearchTrials
from overnight.research.loop.slots import Slots
from overnight.research.loop.stop import Stop
from overnight.research.loop.trial import TrialRunner
from overnight.research.loop.turns import Turns
from overnight.research.places.port import EnvironmentWatch
from overnight.research.record.port import Ledger, Page
from overnight.research.researchers.port import Assignment, SearchTrial
from overnight.research.standing import OpenExperiment
from overnight.research.state import State, begin

SEED = 70_000  # not among the seeds that constants were tuned with
AUDIT = 40  # trials that are set aside, as in run.py
TRIAL_S = 1.0
DONE = Ending(reason=EndReason.SESSION, detail="the trials are used up")


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next thing that happens."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class _Jumping(selectors.SelectSelector):
    def __init__(self, loop: VirtualTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:  # Any: as its base
        ready = super().select(0)
        if not ready and timeout:
            self._loop.jump(timeout)
        return ready


class MemoryLedger:
    """Keeps a count of the events, and the proposals by number."""

    def __init__(self) -> None:
        self.seq = 0

    def append(self, *events: Event) -> int:
        self.seq += len(events)
        return self.seq

    def search_trials(self, _: int) -> list[SearchTrial]:
        return []

    def experiments(self, **_: int) -> Page:
        return Page(experiments=(), total=0)

    def experiment(self, _: int) -> Experiment | None:
        return None

    def save_snapshot(self, _: bytes, *, seq: int | None = None) -> None:
        pass


class _MovesAtOnce(Mover):
    """Merges without a thread, for which virtual time would not wait."""

    async def _in_thread(self, state: State, opened: OpenExperiment) -> tuple[Sequence[FileChange], tuple[int, ...]]:
        return self._on_head(state, opened)


@dataclass
class Simulation:
    """One campaign: stands for git, the inbox, the researchers and the jail at once."""

    setting: Setting
    seed: int
    researchers: int
    slots: int
    latency_s: float
    metric: str = "loss"
    proposals: dict[int, int] = field(default_factory=dict)  # by experiment, its place in the world
    moves: int = 0
    cancelled: int = 0
    trials_s: float = 0.0
    thinking_s: float = 0.0

    def __post_init__(self) -> None:
        self.world = World(self.setting, self.seed)
        self.common: dict[int, float] = {}
        self.stop = Stop()
        metric = Metric(name=self.metric, direction=Direction.MINIMIZE)
        self.program = Program(path="p", metric=metric, editable=("x",), measure="m {seed}", budget=Budget())
        opened = CampaignOpened(
            tag="t", version="0", program="", start="start", secret=f"{self.seed}", sandbox="jail", environment={}
        )
        self.journal = Journal(cast("Ledger", MemoryLedger()), begin(opened, self.program), [self.see])

    def see(self, sign: Sign) -> None:
        match sign:
            case Advanced(number=number):
                self.world.keep(self.proposals[number])
            case Moved():
                self.moves += 1
            case TrialCancelled():
                self.cancelled += 1
            case _:
                pass

    # --- what the loop asks for ---

    async def run(
        self, key: TrialKey, *, commit: str, tree: str, seed: int, slot: int, bar: StoppingBar | None = None
    ) -> Trial:
        del commit, bar
        if self.world.left() - AUDIT < self.slots + 1:
            self.stop.request(DONE)
        took, began = TRIAL_S * float(self.world.random.uniform(0.8, 1.2)), anyio.current_time()
        try:
            await anyio.sleep(took)
        except anyio.get_cancelled_exc_class():  # what it has used is lost
            self.world.used += (anyio.current_time() - began) / TRIAL_S
            raise
        self.trials_s += took
        return Trial(key=key, seed=seed, tree=tree, value=self.value(key, seed, slot), wall_s=took)

    def value(self, key: TrialKey, seed: int, slot: int) -> float | None:
        """What a trial comes to on a slot; None if its candidate fails."""
        del slot
        return self.world.run(key.stage, key.arm, self.proposal(key), self.common_error(seed))

    def proposal(self, key: TrialKey) -> int:
        """The proposal that a trial runs."""
        return 0 if key.arm is Arm.BASELINE else self.proposals[key.experiment]

    def common_error(self, seed: int) -> float:
        """What a seed does to the head, in sd."""
        if seed not in self.common:
            self.common[seed] = self.world.error()
        return self.common[seed]

    def forget(self, number: int) -> None:
        pass

    async def propose(self, staff: NamedResearcher, _: Sequence[str]) -> ProposalOutcome:
        base = self.journal.state.head
        took = self.latency_s * float(self.world.random.uniform(0.5, 1.5))
        await anyio.sleep(took)
        self.thinking_s += took
        busy = {self.proposals[opened.number] for opened in self.journal.state.open}
        proposal = next(p for p in iter(self.world.next, -1) if p not in busy)
        number = self.journal.state.next_number
        self.proposals[number] = proposal
        self.journal.record(
            Proposed(
                number=number,
                role=staff.role,
                researcher="simulated",
                hypothesis="",
                base=base,
                commit=f"{number} on {base}",
                tree=f"{number}",
            )
        )
        return ProposalOutcome(assignment=number, number=number)

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline) -> Sequence[FileChange]:
        del base, head, deadline
        return [FileChange(path="x", content=commit.encode())]

    def record_attempt(self, *, number: int, base: str, **_: object) -> str:
        return f"{number} on {base}"

    def violations(self, *_: object) -> Collection[str]:
        return ()

    def differs(self, *_: object) -> bool:
        return True

    def size(self, *_: object) -> SizeChange:
        return SizeChange(added=0, removed=0)

    def advance(self, number: int) -> None:
        opened = self.journal.opened(number)
        self.journal.record(Advanced(number=number, old=self.journal.state.head, new=opened.commit))

    def look(self, *_: object) -> None:
        return None

    def publish_missing(self) -> None:
        pass

    def take_in(self) -> None:
        pass

    async def news(self) -> bool:
        await anyio.sleep_forever()
        return False

    def show(self) -> None:
        pass

    name = "simulated"

    def learn(self, experiment: Experiment) -> None:
        pass

    def recall(self, trial: SearchTrial) -> None:
        pass

    async def draft(self, _: Assignment) -> Draft:
        raise NotImplementedError

    # --- a whole campaign ---

    def campaign(self) -> Campaign:
        """The real loop around this simulation."""
        me: Any = self  # it has the methods of each port that are called
        slots = Slots(Place(slot=slot) for slot in range(self.slots))
        scheduler = Scheduler(
            journal=self.journal,
            trials=cast("TrialRunner", me),
            slots=slots,
            stop=self.stop,
            environment=cast("EnvironmentWatch", me),
        )
        head = HeadRunner(journal=self.journal, scheduler=scheduler)
        queue = ProposalQueue(slots=self.slots, researchers={"r": self.researchers})
        mover = _MovesAtOnce(journal=self.journal, history=me, scope=cast("Scope", me))
        staff = [NamedResearcher(role="r", researcher=me)] * self.researchers
        return Campaign(
            journal=self.journal,
            head=head,
            runner=ExperimentRunner(
                journal=self.journal,
                scheduler=scheduler,
                head=head,
                mover=mover,
                stop=self.stop,
                queue=queue,
                ahead=PairsAhead(scheduler=scheduler, turns=Turns()),
            ),
            asking=Asking(
                journal=self.journal,
                intake=cast("Intake", me),
                inbox=cast("Inbox", me),
                queue=queue,
                limits=SessionLimits(),
                stop=self.stop,
            ),
            queue=queue,
            branch=cast("Branch", me),
            staff=staff,
            searches=SearchTrials(scheduler=scheduler, scope=cast("Scope", me), limits=SessionLimits(), staff=staff),
            stop=self.stop,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one campaign came to."""

    progress: float
    kept: int
    false: int
    seen: int
    trials: float
    busy: float  # share of the slots' time
    in_flight: float  # mean number of proposals that are being made
    moves: int
    cancelled: int


def simulate(setting: Setting, seed: int, researchers: int, slots: int, latency_s: float) -> Result:
    """Run one campaign."""
    return outcome(lambda: Simulation(setting=setting, seed=seed, researchers=researchers, slots=slots, latency_s=latency_s))


def outcome(make: Callable[[], Simulation]) -> Result:
    """Make a simulation and run it to its end."""

    async def run() -> Result:
        simulation = make()
        await simulation.campaign().run()
        world, slots = simulation.world, simulation.slots
        return Result(
            progress=world.progress,
            kept=world.kept,
            false=world.false,
            seen=simulation.journal.state.next_number - 1,
            trials=world.used,
            busy=simulation.trials_s / (anyio.current_time() * slots),
            in_flight=simulation.thinking_s / anyio.current_time(),
            moves=simulation.moves,
            cancelled=simulation.cancelled,
        )

    return anyio.run(run, backend_options={"loop_factory": VirtualTime})


def row(setting: Setting, case: Mapping[str, int], results: Sequence[Result]) -> str:
    """One line of the table."""
    progress = [result.progress for result in results]
    error = stdev(progress) / len(progress) ** 0.5 if len(progress) > 1 else 0.0
    cells = (
        setting.name,
        case["researchers"],
        case["slots"],
        len(results),
        f"{fmean(progress):.1f} ± {error:.1f}",
        f"{fmean(r.kept for r in results):.1f}",
        f"{fmean(r.false / max(r.kept, 1) for r in results):.3f}",
        f"{sum(r.false > 0 for r in results)} of {len(results)}",
        f"{fmean(r.seen for r in results):.0f}",
        f"{fmean(r.moves for r in results):.0f}",
        f"{fmean(r.cancelled for r in results):.0f}",
        f"{fmean(r.busy for r in results):.2f}",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", action="append", help="only worlds with this name")
    parser.add_argument("--campaigns", type=int, default=20)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--latency", type=float, default=2.0, help="mean time of a proposal, in trials")
    parser.add_argument("--case", action="append", help="RESEARCHERSxSLOTS")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    names = asked.world or ["1 in 50", "1 in 20", "drift 1.5", "nothing real"]
    cases = [case.split("x") for case in asked.case or ["1x1", "4x4", "16x4", "16x16"]]
    head = (
        "World | Researchers | Slots | Campaigns | Progress, sigma | Kept | False share | Any false | Seen | Moves | Cancelled"
    )
    print(f"| {head} | Slots busy |\n|" + "---|" * 12)
    with ProcessPoolExecutor(asked.processes) as pool:
        for setting in (setting for setting in WORLDS if setting.name in names):
            for researchers, slots in cases:
                count = asked.campaigns
                arguments = ([setting] * count, range(asked.seed, asked.seed + count), [int(researchers)] * count)
                results = list(pool.map(simulate, *arguments, [int(slots)] * count, [asked.latency] * count))
                print(row(setting, {"researchers": int(researchers), "slots": int(slots)}, results), flush=True)


if __name__ == "__main__":
    main()
