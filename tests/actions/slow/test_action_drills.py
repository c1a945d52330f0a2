"""Drills: whatever an agent, a check, a provider or a kill does is a recorded outcome with a reason, and blocks no other."""

import json
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest
from agent_settings import forget_settings, provide
from board_drills import MARK, Drill, kill, wait_for
from processes import gone
from scripted_models import ScriptedModels
from targets import git, make_repo

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Judged, Merged, TurnEnded, Word
from overnight.actions.findings import RiskKind
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.stop import Stop
from overnight.testing.waiting import until

TEST = "grep -q one text.txt || { echo 'AssertionError: no one'; exit 1; }\n"
GOOD = "echo two >> text.txt; echo did it"
NONE = "echo NO FINDINGS"
KILLS = 12


def repo(folder: Path, coder: str, *, check: str = "sh test_one.sh", front: str = "", use: str = "command") -> Path:
    """A repository whose coder is a shell command, or our own agent."""
    role = {"role": "coder", "use": use} | ({"command": coder} if use == "command" else {})
    roles = json.dumps([role, {"role": "reviewer", "use": "command", "command": NONE}])
    rules = f"---\nchecks: {json.dumps([check])}\ntest_globs: ['test_*.sh']\nroles: {roles}\n{front}---\n"
    return make_repo(folder, "", files={"text.txt": "one\n", "test_one.sh": TEST, "actions.md": rules})


def ask(record: ActionRecord, place: Path) -> int:
    """Ask for an action in a repository."""
    return record.ask(Request(repo=str(place), title=place.name, text="Add the line two.", plan=False))


def run(record: ActionRecord) -> None:
    """Run the board until nothing goes on without a person."""
    board = BoardRunner(record=record, most_waiting=100)
    anyio.run(lambda: board.run(until_idle=True))


def says(action: Action, *words: str) -> bool:
    """Whether it waits for a person, for a reason with these words."""
    return action.stage is Stage.WAITING and all(word in (action.waiting or "") for word in words)


def test_bad_agents_end_with_a_reason_and_a_good_one_beside_them_with_a_result(tmp_path: Path) -> None:
    """All on one board at once: each comes to what it is, no process of theirs is left, and the good one is accepted."""
    coders = {
        "good": GOOD,
        "no-work": "echo all done",
        "asks": "echo 'Shall I add the line?'",
        "fails": "echo oops >&2; exit 3",
        "hangs": f"while true; do {MARK}; done",
        "protected": "echo '# more' >> actions.md; echo did it",
        "deletes": "rm test_one.sh; echo true > test_two.sh; echo did it",
        "weakens": "echo true > test_one.sh; echo two >> text.txt; echo did it",
        "processes": f"{GOOD}; (setsid sh -c 'while true; do {MARK}; done' &) >/dev/null 2>&1",
        "fills": "dd if=/dev/zero of=big bs=1M count=900; echo did it",
        "forks": "f() { f | f & }; f; sleep 5",
        "breaks": "echo three > text.txt; echo did it",
    }
    fronts = {
        "hangs": "budget: {minutes: 0.1}\n",
        "fills": "limits: {disk: 20MB}\n",
        "forks": "limits: {wall: 20s}\nbudget: {minutes: 1}\n",
    }
    with ActionRecord(tmp_path / "actions") as record:
        numbers = {
            name: ask(record, repo(tmp_path / name, coder, front=fronts.get(name, ""), check="sh test_[ot]*.sh"))
            for name, coder in coders.items()
        }
        run(record)
        found = {name: record.board().actions[number] for name, number in numbers.items()}
        assert {name: action.stage for name, action in found.items()} == dict.fromkeys(coders, Stage.WAITING)
        assert {name for name, action in found.items() if action.fault} == set()
        assert says(found["no-work"], "without a change", "all done")
        assert says(found["asks"], "without a change", "Shall I add the line?")
        assert says(found["fails"], "exited with 3", "oops")
        assert says(found["hangs"], "did not end within")
        assert says(found["fills"]) and found["fills"].waiting
        assert says(found["breaks"], "checks fail")
        for name in ("good", "processes"):
            assert found[name].waiting == "" and found[name].commit
        risks = found["protected"].evidence
        assert risks is not None and RiskKind.PROTECTED in {risk.kind for risk in risks.risks}
        for name in ("deletes", "weakens"):
            evidence = found[name].evidence
            assert evidence is not None and evidence.weakened, name
        assert gone(MARK), "a process of an agent outlived its turn"
        record.append(Judged(action=numbers["good"], word=Word.ACCEPT, commit=found["good"].commit))
        run(record)
        assert record.board().actions[numbers["good"]].stage is Stage.MERGED
    assert git(tmp_path / "good", "show", "overnight/main:text.txt") == "one\ntwo"


@dataclass(frozen=True, kw_only=True)
class ModelDrill:
    """What a provider does, and what becomes of the action."""

    mode: str
    command: str = "true"  # that the model runs
    front: str = ""
    reason: str = ""
    parked: bool = False


@pytest.mark.parametrize(
    "drill",
    [
        ModelDrill(mode="steps400", reason="repeated the same command"),
        ModelDrill(mode="steps401", command="echo x >> text.txt", front="budget: {tokens: 6000}\n", reason="budget"),
        ModelDrill(mode="ask", reason="without a change"),
        ModelDrill(mode="e401", reason="401"),
        ModelDrill(mode="e429q", reason="quota", parked=True),
        ModelDrill(mode="e500", reason="500", parked=True),
        ModelDrill(mode="cut", parked=True),
    ],
    ids=lambda drill: drill.mode,
)
def test_models_that_fail_end_or_park_an_action_and_let_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, drill: ModelDrill
) -> None:
    """Our own agent over a provider that is spent, dead or refuses; an action of a command beside it has its result."""
    forget_settings(tmp_path, monkeypatch)
    provide(tmp_path, monkeypatch, models.url(drill.mode))
    models.command = drill.command
    with ActionRecord(tmp_path / "actions") as record:
        bad = ask(record, repo(tmp_path / "bad", "", use="agent", front=drill.front))
        good = ask(record, repo(tmp_path / "good", GOOD))
        board = BoardRunner(record=record)

        def ended() -> bool:
            action = record.board().actions[bad]
            return record.board().actions[good].stage is Stage.WAITING and (
                bool(action.parked) or action.stage is Stage.WAITING
            )

        async def story() -> None:
            async with anyio.create_task_group() as tasks:
                stop = Stop()
                tasks.start_soon(lambda: board.run(stop=stop))
                with anyio.fail_after(240):
                    while not ended():
                        with suppress(TimeoutError):
                            await until(ended)
                await until(lambda: bad not in {each.action for each in board.now.running} if board.now else False)
                stop.request(Ending(reason=EndReason.STOP, detail="the drill is over"))
                stop.wake()

        anyio.run(story)
        action = record.board().actions[bad]
        said = action.parked or action.waiting or ""
        assert said and drill.reason in said, said
        assert bool(action.parked) == drill.parked, said
        if drill.parked:
            assert action.parked_until > action.changed_at
        assert record.board().actions[good].waiting == ""


def test_two_that_conflict_and_a_broken_trunk_come_to_their_ends(tmp_path: Path) -> None:
    """The first is merged; the second goes back to its coder, and neither stops an action of another repository."""
    place = repo(tmp_path / "conflict", "od -An -N8 -tx1 /dev/urandom > text.txt; echo one >> text.txt; echo did it")
    broken = repo(tmp_path / "broken", GOOD, check="false")
    with ActionRecord(tmp_path / "actions") as record:
        numbers = [ask(record, place), ask(record, place), ask(record, broken)]
        run(record)
        for number in numbers:
            action = record.board().actions[number]
            assert action.commit and action.waiting == "", "a check that fails on the base was held against it"
            record.append(Judged(action=number, word=Word.ACCEPT, commit=action.commit))
        run(record)
        ended = [record.board().actions[number] for number in numbers]
        assert [action.stage for action in ended[::2]] == [Stage.MERGED, Stage.MERGED]
        assert ended[1].stage in {Stage.MERGED, Stage.WAITING} and ended[1].turns > 2
        assert list(record.board().trunks[str(broken)].broken) == ["false"]


@pytest.mark.parametrize("stage", ["planning", "researching", "coding", "checking", "reviewing", "merging"])
def test_a_kill_at_any_stage_costs_no_more_than_the_step_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Finished turns are not done again, work in hand is kept, and the result lands once."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    drill = Drill(tmp_path, research="how?" if stage == "researching" else "")
    drill.ask(plan=True)
    held = "checking" if stage == "merging" else stage
    if stage != "merging":
        drill.hold(held)
    with drill.board() as board:
        if stage == "merging":
            drill.come_to(Stage.WAITING)
            drill.commit("other.txt")  # so that the merged files are others than those that were checked
            drill.hold(held)
            drill.accept(1)
        wait_for(lambda: drill.is_at(held))
        kill(board)
    before = drill.turns()
    if stage == "coding":
        with drill.record() as record:
            left = record.board().actions[1]
            assert (left.stage, left.open_turn) == (Stage.CODING, "coder")
    drill.go(held)
    with drill.board() as board:
        if stage != "merging":
            drill.come_to(Stage.WAITING)
            drill.accept(1)
        drill.come_to(Stage.MERGED)
        board.send_signal(signal.SIGTERM)
        assert board.wait() == 0
    assert drill.turns()[: len(before)] == before, "a finished turn was lost"
    roles = [turn.role for turn in drill.turns()]
    assert roles == ["researcher"] * (stage == "researching") + ["coder"], "a finished turn was done again"
    assert git(drill.repo, "show", "overnight/main:text.txt") == "one\ntwo"
    assert len(git(drill.repo, "rev-list", "HEAD..overnight/main").splitlines()) == 1
    assert drill.users() == drill.before
    if stage == "coding":
        assert git(drill.repo, "show", "overnight/main:begun.txt") == "begun", "work in hand was lost"


def test_kills_at_random_lose_no_turn_and_merge_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six actions of one repository, with a kill every few seconds: each lands once, and no process is left."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    rng = random.Random(20261202)
    drill = Drill(tmp_path, coder="n=$(ls | wc -l); sleep 0.2; echo $n > file-$$-$n; echo did it", check="sleep 0.3")
    numbers = [drill.ask() for _ in range(6)]
    known: Sequence[TurnEnded] = []
    for _ in range(KILLS):
        with drill.board() as board:
            with suppress(subprocess.TimeoutExpired):
                board.wait(timeout=rng.uniform(0.5, 5.0))
            kill(board)
        drill.accept(*numbers)
        turns = drill.turns()
        assert turns[: len(known)] == known, "a finished turn was lost"
        known = turns
    with drill.board() as board:
        wait_for(lambda: drill.accept(*numbers) or drill.stages(numbers) == {Stage.MERGED})
        kill(board)
    with drill.record() as record:
        merged = Counter(entry.event.action for entry in record.store.events() if isinstance(entry.event, Merged))
    assert merged == dict.fromkeys(numbers, 1)
    assert len(git(drill.repo, "rev-list", "HEAD..overnight/main").splitlines()) == len(numbers)
    assert drill.users() == drill.before
