"""The merge queue: what lands has passed its checks as it is there, and what does not fit goes back."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from targets import git, repository_of

from overnight.actions.action_fold import MERGE_ROUNDS
from overnight.actions.charter import Request, Role, Rules
from overnight.actions.events import (
    Asked,
    Begun,
    Checked,
    Event,
    Judged,
    Returned,
    Reviewed,
    TurnBegun,
    TurnEnded,
    Waiting,
    Word,
)
from overnight.actions.findings import CheckOutcome, Evidence, Finding, TurnOutcome
from overnight.actions.fold import fold
from overnight.actions.state import Action, Board, Stage
from overnight.actions.trunk.following import alone
from overnight.actions.trunk.merging import Merging
from overnight.actions.trunk.trunk import BRANCH, GitTrunk
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository
from overnight.ledger.port import Recorded

RULES = "---\nchecks: [sound]\n---\n"
Fails = Callable[[Mapping[str, str]], bool]


def too_many(tree: Mapping[str, str]) -> bool:
    """Whether two files that are fine alone are both there."""
    return "one.txt" in tree and "two.txt" in tree


@dataclass
class Queue:
    """The merge queue of one repository, with checks in this process."""

    repository: Repository
    history: GitHistory
    fails: Fails
    chances: list[bool] = field(default_factory=list)  # of the next runs: whether each fails for nothing
    runs: list[str] = field(default_factory=list)  # commits that were checked
    events: list[Event] = field(default_factory=list)
    board: Board = field(default_factory=Board)

    def __post_init__(self) -> None:
        self.trunk = GitTrunk(repository=self.repository, history=self.history, now=lambda: 1_700_000_000.0)

    async def run(self, commit: str, commands: Sequence[str]) -> Sequence[CheckOutcome]:
        """The port `Checks`."""
        self.runs.append(commit)
        failed = bool(self.chances and self.chances.pop(0)) or self.fails(self.tree(commit))
        return [CheckOutcome(command=command, passed=not failed, reason="too bad" * failed) for command in commands]

    async def evidence(self, *, base: str, commit: str, request: Request, rules: Rules) -> Evidence:
        """Not asked for here."""
        raise AssertionError

    def tree(self, commit: str) -> Mapping[str, str]:
        paths = [file.path for file in self.history.files(commit)]
        return {path: text.decode() for path, text in self.history.read_files(commit, paths).items()}

    def note(self, event: Event) -> None:
        self.events.append(event)
        self.board = fold(self.board, Recorded(seq=self.board.seq + 1, at=float(self.board.seq), event=event, digest=""))

    def accepted(self, number: int, changes: Mapping[str, str | None], *, base: str = "") -> Action:
        """An action with one commit, which a person accepted."""
        base = base or self.trunk.head()
        request = Request(repo=str(self.repository.toplevel), title=f"Action {number}", text="why", plan=False)
        self.note(Asked(action=number, request=request))
        self.note(Begun(action=number, base=base, rules=RULES))
        return self.code(number, changes)

    def code(self, number: int, changes: Mapping[str, str | None], *, accept: bool = True) -> Action:
        """A turn of its coder, accepted unless that is not wanted."""
        action = self.board.actions[number]
        files = [FileChange(path=path, content=None if text is None else text.encode()) for path, text in changes.items()]
        commit = self.history.record_attempt(
            tag="actions", group=str(number), number=action.turns + 1, base=action.start, changes=files, message="m"
        )
        self.note(TurnBegun(action=number, turn=action.turns + 1, role=Role.CODER))
        outcome = TurnOutcome(text="done")
        self.note(TurnEnded(action=number, turn=action.turns + 1, role=Role.CODER, outcome=outcome, commit=commit))
        if accept:
            self.note(Waiting(action=number))
            self.note(Judged(action=number, word=Word.ACCEPT, commit=commit))
        return self.board.actions[number]

    def merge(self, number: int) -> Action:
        """One step of the queue."""
        return anyio.run(self.merging(number).step, self.board.actions[number])

    def merging(self, number: int) -> Merging:
        @asynccontextmanager
        async def mine() -> AsyncIterator[None]:
            async with alone(self.repository):
                yield

        def record(event: Event) -> Action:
            self.note(event)
            return self.board.actions[number]

        repo = str(self.repository.toplevel)
        return Merging(
            rules=Rules(checks=("sound",)),
            checks=self,
            trunk=self.trunk,
            record=record,
            known=lambda: self.board.trunks.get(repo),
            alone=mine,
        )


@contextmanager
def queue_in(folder: Path, fails: Fails = too_many) -> Iterator[Queue]:
    repository = repository_of(folder, {"a.txt": "a\nb\nc\n", "actions.md": RULES})
    history = GitHistory(repository)
    yield Queue(repository, history, fails)
    history.close()


def test_two_that_break_together_do_not_both_land(tmp_path: Path) -> None:
    """The second goes back with the output of the check and the merged files, and lands once it fits."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"one.txt": "1\n"})
        queue.accepted(2, {"two.txt": "2\n"}, base=queue.board.actions[1].base)
        assert queue.merge(1).stage is Stage.MERGED
        back = queue.merge(2)
        assert (back.stage, back.base, back.accepted) == (Stage.CODING, queue.trunk.head(), "")
        assert "`sound` fails: too bad" in back.to_fix
        assert set(queue.tree(back.start)) == {"a.txt", "actions.md", "one.txt", "two.txt"}
        queue.code(2, {"one.txt": None})
        assert queue.merge(2).stage is Stage.MERGED
        assert set(queue.tree(queue.trunk.head())) == {"a.txt", "actions.md", "two.txt"}


def test_a_conflict_goes_back_with_both_sides_and_takes_nothing_back(tmp_path: Path) -> None:
    """The coder begins on the head, so what was merged meanwhile stays; markers that are left are a check that fails."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"a.txt": "a\n1\nc\n", "other.txt": "o\n"})
        queue.accepted(2, {"a.txt": "a\n2\nc\n"}, base=queue.board.actions[1].base)
        queue.merge(1)
        back = queue.merge(2)
        assert (back.stage, back.conflicts) == (Stage.CODING, ("a.txt",))
        assert "keep what both sides meant" in back.to_fix and "<<<<<<< overnight/main" in queue.tree(back.start)["a.txt"]
        left = queue.merging(2).leftovers(back, back.start)
        assert [(outcome.passed, outcome.reason) for outcome in left] == [(False, "a.txt still has conflict markers")]
        queue.code(2, {"x.txt": "x\n"})  # the person accepts it as it is
        assert "a.txt still has conflict markers" in queue.merge(2).to_fix
        queue.code(2, {"a.txt": "a\n1 and 2\nc\n"})
        assert queue.merge(2).stage is Stage.MERGED
        assert queue.tree(queue.trunk.head()) == {
            "a.txt": "a\n1 and 2\nc\n",
            "actions.md": RULES,
            "other.txt": "o\n",
            "x.txt": "x\n",
        }


@pytest.mark.parametrize(
    ("changes", "findings", "carried"),
    [
        ({"a.txt": "a\n1 and 2\nc\n"}, (), True),
        ({"a.txt": "a\n1 and 2\nc\n", "b.txt": "b\n"}, (), False),
        ({"a.txt": "a\n1 and 2\nc\n"}, (Finding(path="a.txt", line=2, blocking=True, text="no"),), False),
    ],
    ids=["the conflict alone", "another file too", "the reviewer objects"],
)
def test_a_word_holds_if_only_what_conflicted_was_changed(
    tmp_path: Path, changes: dict[str, str], findings: Sequence[Finding], carried: bool
) -> None:
    """A person who accepted a result is not asked again about a resolved conflict, but is about anything else."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"a.txt": "a\n1\nc\n"})
        first = queue.accepted(2, {"a.txt": "a\n2\nc\n"}, base=queue.board.actions[1].base)
        queue.merge(1)
        queue.merge(2)
        action = queue.code(2, changes, accept=False)
        assert queue.merging(2).carried(action) is None, "not before it is checked and reviewed"
        queue.note(Checked(action=2, commit=action.commit, evidence=Evidence()))
        queue.note(Reviewed(action=2, commit=action.commit, findings=findings, outcome=TurnOutcome(text="")))
        word = queue.merging(2).carried(queue.board.actions[2])
        assert (word is not None) == carried
        if word:
            assert (word.commit, word.carried, word.by) == (action.commit, first.accepted, "owner")
            queue.note(word)
            assert queue.merge(2).stage is Stage.MERGED


@pytest.mark.parametrize(("setup", "carried"), [("pip install -r requirements.txt", False), ("", True)])
def test_no_word_holds_for_what_a_setup_installs(tmp_path: Path, setup: str, carried: bool) -> None:
    """A coder who resolves a conflict in what `setup` reads decides what runs there with the network: a person is asked."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"requirements.txt": "one\n"})
        queue.accepted(2, {"requirements.txt": "two\n"}, base=queue.board.actions[1].base)
        queue.merge(1)
        queue.merge(2)
        action = queue.code(2, {"requirements.txt": "one\nevil\n"}, accept=False)
        queue.note(Checked(action=2, commit=action.commit, evidence=Evidence()))
        queue.note(Reviewed(action=2, commit=action.commit, findings=(), outcome=TurnOutcome(text="")))
        merging = replace(queue.merging(2), rules=Rules(checks=("sound",), setup=setup))
        assert (merging.carried(queue.board.actions[2]) is not None) == carried


def test_rounds_of_merging_have_an_end(tmp_path: Path) -> None:
    """What fits no better after some rounds waits for a person, with the reason; their word gives it new rounds."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"one.txt": "1\n"})
        queue.accepted(2, {"two.txt": "2\n"}, base=queue.board.actions[1].base)
        queue.merge(1)
        for number in range(MERGE_ROUNDS):
            assert queue.merge(2).stage is Stage.CODING
            queue.code(2, {"two.txt": f"{number}\n"})
        ended = queue.merge(2)
        assert (ended.stage, ended.unusable) == (
            Stage.READY,
            "it does not fit on what was merged meanwhile: `sound` fails: too bad",
        )
        queue.note(Waiting(action=2, why=ended.unusable))
        queue.note(Judged(action=2, word=Word.SEND_BACK, text="Once more."))
        assert (queue.board.actions[2].stage, queue.board.actions[2].merge_rounds) == (Stage.CODING, 0)


def test_a_check_that_fails_for_nothing_is_tried_again(tmp_path: Path) -> None:
    """It lands, and the check is named as flaky; one that fails each time is believed."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"b.txt": "b\n"})
        queue.chances = [True, False, True, False]
        assert (queue.merge(1).stage, queue.board.actions[1].flaky) == (Stage.MERGED, ("sound",))
        queue.accepted(2, {"c.txt": "c\n"})
        queue.chances = [True, True, True, False]
        assert queue.merge(2).stage is Stage.CODING


def test_a_broken_head_is_nobodys_fault_but_is_noted(tmp_path: Path) -> None:
    """A check that fails on the head as well does not keep an action out; the board says since when, until it passes again."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"one.txt": "1\n"})
        queue.merge(1)
        (queue.repository.toplevel / "two.txt").write_text("2\n")
        git(queue.repository.toplevel, "merge", "-q", BRANCH)
        git(queue.repository.toplevel, "add", "-A")
        git(queue.repository.toplevel, "commit", "-qm", "break it")
        queue.accepted(2, {"c.txt": "c\n"})
        merged = queue.merge(2)
        trunk = queue.board.trunks[str(queue.repository.toplevel)]
        assert (merged.stage, merged.failing) == (Stage.MERGED, ("sound",))
        assert (trunk.broken, trunk.after, trunk.last) == (("sound",), 1, 2)
        queue.accepted(3, {"two.txt": None})
        assert queue.merge(3).failing == ()
        assert queue.board.trunks[str(queue.repository.toplevel)].broken == ()


def test_the_same_files_are_not_checked_twice(tmp_path: Path) -> None:
    """Nothing runs if the merged files are those that passed; all runs if something else was merged before."""
    with queue_in(tmp_path / "r") as queue:
        for number in (1, 2):
            action = queue.accepted(number, {f"{number}.txt": "x\n"}, base=queue.history.resolve_start())
            passed = Evidence(after=[CheckOutcome(command="sound", passed=True)])
            queue.note(Checked(action=number, commit=action.commit, evidence=passed))
        assert queue.merge(1).stage is Stage.MERGED and queue.runs == []
        assert queue.merge(2).stage is Stage.MERGED and queue.runs == [queue.trunk.head()]


def test_what_landed_before_a_kill_is_not_merged_again(tmp_path: Path) -> None:
    """The trunk had moved and nothing was recorded: it is found there."""
    with queue_in(tmp_path / "r") as queue:
        before = queue.accepted(1, {"b.txt": "b\n"})
        head = queue.merge(1).merged
        queue.board = Board(actions={1: before})
        again = queue.merge(1)
        assert (again.stage, again.merged) == (Stage.MERGED, head) == (Stage.MERGED, queue.trunk.head())


def test_a_checked_out_trunk_holds_merges(tmp_path: Path) -> None:
    """It is noted once, with what to type; the action goes on when the branch is free, and the note goes."""
    with queue_in(tmp_path / "r") as queue:
        queue.accepted(1, {"b.txt": "b\n"})
        queue.merge(1)
        queue.accepted(2, {"c.txt": "c\n"})
        git(queue.repository.toplevel, "switch", "-q", BRANCH)
        count = len(queue.events)
        assert [queue.merge(2).stage for _ in range(2)] == [Stage.MERGING, Stage.MERGING]
        assert len(queue.events) == count + 1
        assert "is checked out in" in queue.board.trunks[str(queue.repository.toplevel)].held
        git(queue.repository.toplevel, "switch", "-q", "main")
        assert queue.merge(2).stage is Stage.MERGED
        assert queue.board.trunks[str(queue.repository.toplevel)].held == ""


def test_commits_of_the_user_that_do_not_fit_are_said(tmp_path: Path) -> None:
    """The trunk goes on without them, and the note has what to type; once the user merged them, it goes."""
    with queue_in(tmp_path / "r") as queue:
        folder = queue.repository.toplevel
        queue.accepted(1, {"one.txt": "1\n", "a.txt": "A\nb\nc\n"})
        queue.merge(1)
        (folder / "two.txt").write_text("2\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "two")
        queue.accepted(2, {"c.txt": "c\n"})
        assert queue.merge(2).stage is Stage.MERGED
        apart = queue.board.trunks[str(folder)].apart
        assert "does not fit on what was merged: `sound` fails when both are there: too bad" in apart
        assert "git switch overnight/main; git merge main; git switch main" in apart
        assert "two.txt" not in queue.tree(queue.trunk.head())
        queue.accepted(5, {"g.txt": "g\n"})
        runs = len(queue.runs)
        assert queue.merge(5).stage is Stage.MERGED and len(queue.runs) == runs + 1, "what did not fit is not tried again"
        (folder / "a.txt").write_text("mine\n")
        git(folder, "commit", "-qam", "mine")
        queue.accepted(3, {"d.txt": "d\n"})
        queue.merge(3)
        assert "on main conflicts with what was merged in a.txt" in queue.board.trunks[str(folder)].apart
        git(folder, "reset", "-q", "--hard", BRANCH)
        (folder / "e.txt").write_text("e\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "e")
        queue.accepted(4, {"f.txt": "f\n"})
        queue.merge(4)
        assert queue.board.trunks[str(folder)].apart == ""
        assert {"e.txt", "f.txt"} <= set(queue.tree(queue.trunk.head()))


def test_checks_are_those_of_the_head_and_those_that_a_change_adds(tmp_path: Path) -> None:
    """A change cannot take a check away for itself, and cannot leave an actions.md that nobody can read."""
    with queue_in(tmp_path / "r", fails=lambda tree: "bad.txt" in tree) as queue:
        queue.accepted(1, {"actions.md": "---\nchecks: []\n---\n", "bad.txt": "x\n"})
        assert "`sound` fails" in queue.merge(1).to_fix
        queue.accepted(2, {"actions.md": "---\nchecs: []\n---\n"})
        assert "`read actions.md` fails: actions.md:2: checs" in queue.merge(2).to_fix


def test_only_one_merges_at_a_time(tmp_path: Path) -> None:
    """Another one, of any process, waits until the first has ended."""
    said: list[str] = []

    async def two() -> None:
        entered = anyio.Event()

        async def first() -> None:
            async with alone(repository):
                entered.set()
                await anyio.lowlevel.checkpoint()
                said.append("first")

        async def second() -> None:
            await entered.wait()
            async with alone(repository):
                said.append("second")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(second)
            tasks.start_soon(first)

    repository = repository_of(tmp_path / "r", {"a": "a"})
    anyio.run(two)
    assert said == ["first", "second"]
    assert git(repository.toplevel, "status", "--porcelain") == ""


def test_an_event_of_before_has_no_start(tmp_path: Path) -> None:
    """A return that says nothing of where to begin has the coder go on with its own commit."""
    with queue_in(tmp_path / "r") as queue:
        action = queue.accepted(1, {"b.txt": "b\n"})
        queue.note(Returned(action=1, why="it conflicts", onto=action.base))
        assert queue.board.actions[1].start == action.commit
