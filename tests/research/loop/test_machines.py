"""Trials on machines that come and go: pairs stay on one of them, and what a machine loses decides nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from fake_machines import FakeMachines, installed
from targets import assert_verified, make_repo, read_json, recorded

from overnight.errors import UserError
from overnight.gate.trial import Arm, Stage, Trial
from overnight.git.repository import open_repository
from overnight.jail.job import Job, JobResult
from overnight.jail.port import Link, OutputMonitor
from overnight.research.ending import Ending, EndReason
from overnight.research.events import Concluded, Event, NodeJoined, NodeLost, Registered, Sign, TrialFinished, TrialVoided
from overnight.research.loop import machines as loop_machines
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest, open_session

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
limits: {wall: 20s, memory: 500MB}
researchers:
  - {role: r, use: scripted, edits: EDITS}
---
"""
EDITS = '[[train.py, "A = 5", "A = 4"], [train.py, "B = 5", "B = 6"], [train.py, "B = 5", "B = 3"]]'
NOISY = "import os, random\nA = 5\n\n\n\n\nB = 5\nrandom.seed(os.environ['OVERNIGHT_SEED'])\n"
NOISY += "print(f'METRIC loss={A + B + random.gauss(0, 0.3)}')\n"
EXACT = "A = 5\n\n\n\n\nB = 5\nprint(f'METRIC loss={A + B}')\n"
PAIRED = {Stage.CONFIRM, Stage.HOLDOUT}


def campaign(
    repo: Path, fake: FakeMachines, monkeypatch: pytest.MonkeyPatch, see: Callable[[Sign, Stop], None] = lambda *_: None
) -> list[Event]:
    """What a session on these machines records."""
    installed(fake, monkeypatch)

    async def run() -> None:
        stop = Stop()
        request = SessionRequest(tag="t", on="fake")
        with open_session(open_repository(repo), request, stop, [lambda sign: see(sign, stop)]) as session:
            await session.run()

    anyio.run(run)
    return recorded(repo)


def repository(tmp_path: Path, code: str = NOISY, edits: str = EDITS) -> Path:
    return make_repo(tmp_path / "r", PROGRAM.replace("EDITS", edits), files={"train.py": code})


def trials(events: list[Event]) -> list[Trial]:
    return [event.trial for event in events if isinstance(event, TrialFinished)]


def test_both_arms_of_a_pair_run_on_one_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All machines are used, each trial says where it ran, and status names them."""
    repo = repository(tmp_path)
    events = campaign(repo, FakeMachines(names=("a", "b", "c")), monkeypatch)
    pairs: dict[tuple[int, Stage, int, int], set[str]] = {}
    nodes = set()
    for trial in trials(events):
        assert trial.place and trial.place.speed_class == "alike"
        nodes.add(trial.place.node)
        if trial.key.stage in PAIRED:
            key = trial.key
            pairs.setdefault((key.experiment, key.stage, key.restart, key.index), set()).add(trial.place.node)
    assert nodes == {"a", "b", "c"} and pairs and all(len(where) == 1 for where in pairs.values())
    assert len(set.union(*pairs.values())) > 1, "and not all pairs on the same one"
    status = read_json(repo, "status")
    assert status["kept"] == 2 and {name: node["slots"] for name, node in status["nodes"].items()} == dict.fromkeys("abc", 1)
    assert sum(node["trials"] for node in status["nodes"].values()) == len(trials(events))
    assert_verified(repo)


def test_as_many_are_measured_as_the_machines_have_slots_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proposals are taken up for the slots that have come, not for the machines that were awaited."""
    repo, counts = repository(tmp_path, EXACT), list[int]()
    installed(FakeMachines(names=("a", "b"), slots=3), monkeypatch)

    async def run() -> None:
        with open_session(open_repository(repo), SessionRequest(tag="t", on="fake"), Stop(), []) as session:
            counts.append(session.queue.slots)
            await session.run()
            counts.append(session.queue.slots)

    anyio.run(run)
    assert counts == [2, 6]


def test_machines_that_die_change_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fourth job takes its machine with it, of a candidate one: the verdicts are those of a campaign where none does."""
    quiet = repository(tmp_path / "quiet", EXACT)
    campaign(quiet, FakeMachines(names=("a",)), monkeypatch)
    repo, jobs, struck = repository(tmp_path, EXACT), list[int](), set[int]()

    def breaks(_node: str, job: Job) -> bool:
        jobs.append(job.number)
        if len(jobs) % 4 or job.number in struck:
            return False
        struck.update({job.number} - {0})
        return True

    events = campaign(repo, FakeMachines(names=("a", "b", "c", "d"), breaks=breaks), monkeypatch)
    verdicts = [[one["conclusion"]["verdict"] for one in read_json(at, "log")["experiments"]] for at in (quiet, repo)]
    assert verdicts[0] == verdicts[1] == ["keep", "discard", "keep"]
    lost = [event for event in events if isinstance(event, NodeLost)]
    assert lost and len([event for event in events if isinstance(event, TrialVoided)]) >= len(lost)
    assert_verified(repo)


def test_a_pair_whose_machine_is_lost_is_measured_anew_with_its_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The arm that had ended counts no more: no pair has its arms on two machines, and none has another seed than its own."""
    repo = repository(tmp_path, edits='[[train.py, "A = 5", "A = 4"]]')
    fake = FakeMachines(names=("a", "b"), again=False)
    gone: list[str] = []

    def see(sign: Sign, _: Stop) -> None:
        if isinstance(sign, TrialFinished) and sign.trial.key.stage is Stage.CONFIRM and sign.trial.key.index == 2 and not gone:
            assert sign.trial.place
            gone.append(sign.trial.place.node)
            fake.lose(gone[0])

    events = campaign(repo, fake, monkeypatch, see)
    voided = [event for event in events if isinstance(event, TrialVoided)]
    assert any(not event.under_way and event.key.index == 2 for event in voided)
    counted = {}
    for event in events:
        if isinstance(event, TrialFinished) and event.trial.key.stage is Stage.CONFIRM:
            counted[event.trial.key] = event.trial
        elif isinstance(event, TrialVoided):
            counted.pop(event.key, None)
    for key, trial in counted.items():
        other = counted[next(one for one in counted if one.index == key.index and one.arm is not key.arm)]
        assert trial.seed == other.seed and trial.place and other.place and trial.place.node == other.place.node
    seeds = {trial.seed for trial in trials(events) if trial.key.stage is Stage.CONFIRM and trial.key.index == 2}
    assert len(seeds) == 1 and read_json(repo, "status")["kept"] == 1
    assert_verified(repo)


def test_a_candidate_that_ends_its_machines_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One machine lost under it is an accident, two are not: no new draw by killing the node that measures a loss."""
    repo = repository(tmp_path, edits='[[train.py, "A = 5", "A = 9"], [train.py, "B = 5", "B = 3"]]')

    def breaks(_node: str, job: Job) -> bool:
        return "A = 9" in (Path(job.folder) / "train.py").read_text()

    events = campaign(repo, FakeMachines(names=("a", "b", "c"), breaks=breaks), monkeypatch)
    first, second = (event.conclusion for event in events if isinstance(event, Concluded))
    assert (first.verdict, second.verdict) == ("crash", "keep") and "2 machines were lost" in first.reason
    assert sum(isinstance(event, NodeLost) for event in events) == 2
    assert read_json(repo, "status")["nodes"] and not any(
        event.trial.key.experiment == 1 and event.trial.key.arm is Arm.CANDIDATE
        for event in events
        if isinstance(event, TrialFinished)
    )


def test_a_machine_that_cannot_run_a_job_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rest, as one that joins: a candidate can neither use up the machines so, nor be drawn on one again and again."""
    monkeypatch.setattr(loop_machines, "TENDING_S", 0.01)
    monkeypatch.setattr(loop_machines, "REST_S", 0.02)
    repo, jobs = repository(tmp_path, edits='[[train.py, "A = 5", "A = 9"], [train.py, "B = 5", "B = 3"]]'), list[Job]()

    def fails(job: Job) -> bool:
        jobs.append(job)
        return len(jobs) == 2 or "A = 9" in (Path(job.folder) / "train.py").read_text()

    events = campaign(repo, FakeMachines(names=("a",), fails=fails), monkeypatch)
    assert [event.conclusion.verdict for event in events if isinstance(event, Concluded)] == ["crash", "keep"]
    voided = [event for event in events if isinstance(event, TrialVoided)]
    assert len(voided) == 3 and sum(isinstance(event, NodeJoined) for event in events) == 4
    assert_verified(repo)


def test_machines_of_another_kind_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind with the most slots is used; the record and the status say who is left out, and why."""
    repo = repository(tmp_path, EXACT)
    fake = FakeMachines(names=("odd", "a", "b"), classes=("Python 3.9", "Python 3.11", "Python 3.11"))
    events = campaign(repo, fake, monkeypatch)
    assert {trial.place.node for trial in trials(events) if trial.place} <= {"a", "b"}
    left = {event.node: event.left_out for event in events if isinstance(event, NodeJoined)}
    assert left == {"odd": "it is Python 3.9, and trials are compared on Python 3.11", "a": "", "b": ""}
    assert read_json(repo, "status")["nodes"]["odd"]["left_out"]


def test_no_machine_that_can_be_used_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fix that the first of them says; nothing is begun."""
    with pytest.raises(UserError, match=r"it has overnight 0\.0\.1; install this one there"):
        campaign(repository(tmp_path), FakeMachines(names=(), refused=("a", "b")), monkeypatch)


def test_a_stop_ends_a_session_that_waits_for_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are lost, none comes back: a stop is not answered by waiting for one; the next session goes on."""
    repo = repository(tmp_path)
    fake = FakeMachines(names=("a",), again=False)

    def see(sign: Sign, stop: Stop) -> None:
        if isinstance(sign, Registered):
            fake.lose("a")
            stop.request(Ending(reason=EndReason.INTERRUPT, detail="Ctrl-C"))

    events = campaign(repo, fake, monkeypatch, see)
    assert read_json(repo, "status")["stopped"] == "interrupt" and any(isinstance(event, NodeLost) for event in events)
    campaign(repo, FakeMachines(names=("b",)), monkeypatch)
    assert read_json(repo, "status")["kept"] == 2
    assert_verified(repo)


def test_machines_that_differ_in_a_digit_are_no_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise, a candidate is compared with a head that was measured on the same machine."""
    code = "import os\nA = 5\nB = 5\nprint(f'METRIC loss={A + B - float(os.environ.get(\"HERE\", 0))}')\n"
    repo = repository(tmp_path, code, '[[train.py, "A = 5", "A = 2 + 3"], [train.py, "B = 5", "B = 1 + 4"]]')
    events = campaign(repo, Digit(names=("a",)), monkeypatch)
    assert [event.conclusion.verdict for event in events if isinstance(event, Concluded)] == ["discard"] * 2
    heads = {trial.place.node for trial in trials(events) if trial.place and trial.key.stage is Stage.BASELINE}
    assert heads >= {trial.place.node for trial in trials(events) if trial.place and trial.key.stage is Stage.SCREEN}


class Digit(FakeMachines):
    """A machine, and two that come once it has measured the head, and measure a little less."""

    late = ("b", "c")

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """With a variable that tells the trial where it runs."""
        here = {"HERE": "1e-9"} if self._here.get(job.slot) in self.late else {}
        result = await super().run(replace(job, environment={**job.environment, **here}), link, monitor)
        if len(self.ran) == 3:
            for name in self.late:
                self.join(name)
        return result


def test_a_result_that_a_machine_keeps_is_collected_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial whose head was gone when it ended runs on the machine that has its result; none is kept once it is recorded."""
    repo, first = repository(tmp_path), FakeMachines(names=("a",))
    events = campaign(repo, first, monkeypatch, _stop_at)
    ended = {job.id for _, job in first.ran}
    assert "" not in ended and set(first.acknowledged) == ended
    second = FakeMachines(names=("a", "b"), keeps=Everywhere("b"))
    assert len(campaign(repo, second, monkeypatch)) > len(events)
    alone = [node for node, job in second.ran if job.number == 0]
    assert set(alone) == {"b"}, "of a trial that is compared with nothing"


def _stop_at(sign: Sign, stop: Stop) -> None:
    if isinstance(sign, TrialFinished) and sign.trial.key.index == 3:
        stop.request(Ending(reason=EndReason.INTERRUPT, detail="Ctrl-C"))


class Everywhere(dict[str, str]):
    """Any job, on one machine."""

    def __init__(self, node: str) -> None:
        super().__init__()
        self.node = node

    def get(self, _key: str, _default: object = None) -> str:
        """That machine."""
        return self.node
