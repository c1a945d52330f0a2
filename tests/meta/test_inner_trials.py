"""A trial of a meta-campaign: what each inner campaign is given, and what their results come to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from meta_events import meta_opened

from overnight.errors import UserError
from overnight.gate.trial import Arm, Fault, Stage, Trial, TrialKey
from overnight.meta.charter import Charter
from overnight.meta.parsing import parse_charter
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.trials import InnerTrials, make_trials
from overnight.meta.workers import Workers
from overnight.research.ending import EndReason
from overnight.research.kind import TrialsFor
from overnight.research.loop.journal import Journal
from overnight.research.loop.port import TrialPostponed
from overnight.research.loop.stop import Stop
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

CHARTER = """---
targets: [lab:plant, "lab:packing"]
holdout: [lab:kernel]
inner: {trials: 101, tokens: 1000}
allowed_researchers: [{role: tuner, use: tuner}]
budget: {campaigns: 12}
---
"""
SPREADS = {"plant": 2.0, "packing": 0.5, "kernel": 1.0}


@dataclass(slots=True)
class Canned(Workers):
    """Answers at once, by target."""

    results: Mapping[str, InnerResult] = field(default_factory=dict)
    tasks: list[InnerTask] = field(default_factory=list)

    async def run(self, task: InnerTask, slot: int, stopping: Callable[[], bool]) -> InnerResult:  # the port's
        """The canned result."""
        self.tasks.append(task)
        return self.results.get(Path(task.folder).name, InnerResult(progress=1.0, trials=50, tokens=300, cost_usd=0.1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What trials run on in a test."""

    charter: Charter
    given: TrialsFor

    def trials(self, hands: Workers) -> InnerTrials:
        """The runner of a session."""
        return make_trials(self.charter, self.given, workers=hands, spreads=SPREADS, sources={})

    def run(self, hands: Workers, stage: Stage = Stage.CONFIRM, arm: Arm = Arm.CANDIDATE, index: int = 0) -> Trial:
        """Run a trial."""

        async def one() -> Trial:
            key = TrialKey(experiment=1, stage=stage, arm=arm, index=index)
            return await self.trials(hands).run(key, commit="c", tree="t", seed=7 + index, slot=0)

        return anyio.run(one)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Begun]:
    """A meta-campaign that has begun."""

    async def stop() -> Stop:
        return Stop()

    folder = tmp_path / "meta-t"
    folder.mkdir()
    with closing(SqliteLedger(folder)) as ledger:
        ledger.append(meta_opened())
        yield Begun(
            charter=parse_charter(CHARTER, "meta.md"),
            given=TrialsFor(
                journal=Journal(ledger, begin(meta_opened())),
                folder=folder,
                sandbox="jail",
                stop=anyio.run(stop),
                origin=ledger.origin() or "",
                name="r/meta-t",
                files=lambda _, paths: dict.fromkeys(paths, b"the organisation"),
            ),
        )


def test_the_value_is_the_mean_of_progress_in_spreads(place: Begun) -> None:
    """Metrics have the progress of each target and what it took, which the tally of the campaign counts as well."""
    hands = Canned(results={"plant": InnerResult(progress=3.0, trials=101, kept=2, tokens=10, cost_usd=0.5, elapsed_s=4.0)})
    trial = place.run(hands)
    assert trial.value == pytest.approx((3.0 / 2.0 + 1.0 / 0.5) / 2)
    assert (trial.metrics["plant"], trial.metrics["packing"], trial.metrics["kept"]) == (3.0, 1.0, 2.0)
    assert (trial.tokens, trial.cost_usd, trial.wall_s, trial.fault) == (310, 0.6, 4.0, None)


def test_both_arms_of_a_block_differ_in_the_organisation_alone(place: Begun) -> None:
    """Instance, secret and budget are the block's; another block has others; the jobs count as the meta-campaign's."""
    hands = Canned()
    for arm, index in ((Arm.CANDIDATE, 0), (Arm.BASELINE, 0), (Arm.CANDIDATE, 1)):
        place.run(hands, arm=arm, index=index)
    one, other, later = (hands.tasks[0], hands.tasks[2], hands.tasks[4])
    assert one.folder != other.folder
    assert (one.instance, one.secret, one.trials, one.tokens) == (other.instance, other.secret, 101, 1000)
    assert one.instance != later.instance and one.secret != later.secret
    assert {task.payer for task in hands.tasks} == {f"campaign:{place.given.origin}"}
    assert {task.payer_label for task in hands.tasks} == {"r/meta-t"}


def test_sealed_targets_leave_no_output(place: Begun) -> None:
    """Screening has a part of the budget; a holdout runs on the sealed targets, and what came of it is not kept as output."""
    hands = Canned()
    screened, sealed = place.run(hands, Stage.SCREEN), place.run(hands, Stage.HOLDOUT)
    assert [Path(task.folder).name for task in hands.tasks] == ["plant", "packing", "kernel"]
    assert (hands.tasks[0].trials, hands.tasks[0].tokens) == (26, 250)
    assert screened.log and not sealed.log
    assert sealed.value == 1.0


def test_who_is_at_fault_decides_what_happens(place: Begun) -> None:
    """An organisation's failure is a fault of the trial; a target's is the user's; without models the session ends."""
    failed = InnerResult(progress=None, failure="no", blame=Blame.ORGANISATION)
    trial = place.run(Canned(results={"packing": failed}))
    assert (trial.value, trial.fault, trial.reason) == (None, Fault.EXIT, "packing: no")
    broken = InnerResult(progress=None, failure="exit code 1", blame=Blame.TARGET)
    with pytest.raises(UserError, match="the target plant cannot be tried: exit code 1"):
        place.run(Canned(results={"plant": broken}))
    assert not place.given.stop.requested
    parked = InnerResult(progress=None, failure="all refuse", blame=Blame.MODELS)
    with pytest.raises(TrialPostponed):
        place.run(Canned(results={"plant": parked}))
    ending = place.given.stop.ending
    assert ending is not None and (ending.reason, ending.detail) == (EndReason.MODELS, "on plant: all refuse")


def test_no_trial_begins_that_the_budget_does_not_cover(place: Begun) -> None:
    """Six trials on two targets are twelve campaigns; the next ends the session, and what runs then is not cut off."""
    hands, trials = Canned(), None

    async def all_of_them() -> None:
        nonlocal trials
        trials = place.trials(hands)
        for index in range(7):
            key = TrialKey(experiment=1, stage=Stage.CONFIRM, arm=Arm.CANDIDATE, index=index)
            await trials.run(key, commit="c", tree="t", seed=index, slot=0)

    with pytest.raises(TrialPostponed):
        anyio.run(all_of_them)
    assert len(hands.tasks) == 12
    ending = place.given.stop.ending
    assert ending is not None and ending.reason is EndReason.BUDGET and "12 inner campaigns" in ending.detail
    assert trials is not None and not trials._stopping()
