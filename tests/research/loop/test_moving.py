"""Changes that are open while others are kept, brought onto the new head: real git, real ledger."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
import pytest
from anyio import from_thread
from builders import advanced, concluded, opened, proposed
from started_processes import processes
from targets import git, repository_of

from overnight.gate.verdict import Verdict
from overnight.git.deadline import Deadline
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import open_repository
from overnight.research.events import Moved
from overnight.research.loop import moving
from overnight.research.loop.journal import Journal
from overnight.research.loop.moving import IN_THE_HEAD, Mover
from overnight.research.loop.scope import Scope
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin

PROGRAM = "---\nmetric: loss\nmeasure: python a.py --seed {seed}\neditable: ['*.py']\n---\n"
A, GAP = "A = 1\n", "\n\n\n\n"
FILES = {"a.py": f"{A}{GAP}B = 1\n", "c.py": "C = 1\n", "program.md": PROGRAM}


@dataclass
class Campaign:
    """An open campaign in a real repository."""

    folder: Path
    journal: Journal
    history: GitHistory

    def propose(self, number: int, **files: str | None) -> None:
        """A proposal against the head, whose files of these names (without `.py`) become these texts."""
        changes = [FileChange(path=f"{name}.py", content=text.encode() if text else None) for name, text in files.items()]
        head = self.journal.state.head
        commit = self.history.record_attempt(tag="t", number=number, base=head, changes=changes, message="m")
        self.journal.record(replace(proposed(number), base=head, commit=commit))

    def keep(self, number: int) -> None:
        """Its verdict is a keep."""
        self.journal.record(concluded(number, Verdict.KEEP, gain=1.0))
        new = self.journal.opened(number).commit
        self.journal.record(replace(advanced(number, old=self.journal.state.head), new=new))

    def move(self, number: int, *, screened: bool = False) -> Moved:
        """Bring it onto the head."""
        scope = Scope(journal=self.journal, history=self.history)
        mover = Mover(journal=self.journal, history=self.history, scope=scope)
        assert anyio.run(partial(mover.move, number, screened=screened)) is None
        moved = self.journal.opened(number).moved
        assert moved is not None and self.history.parents(moved.commit) == (self.journal.state.head,)
        return moved

    def text(self, commit: str, name: str = "a.py") -> str:
        return git(self.folder, "show", f"{commit}:{name}").strip()


@pytest.fixture
def campaign(tmp_path: Path) -> Iterator[Campaign]:
    repository = repository_of(tmp_path / "repo", FILES)
    (tmp_path / "campaign").mkdir()
    with closing(GitHistory(repository)) as history, closing(SqliteLedger(tmp_path / "campaign")) as ledger:
        first = replace(opened(PROGRAM), start=history.resolve_start())
        ledger.append(first)
        yield Campaign(tmp_path / "repo", Journal(ledger, begin(first)), history)


def test_other_lines_are_merged(campaign: Campaign) -> None:
    """The change stands on the new head beside what was kept; its former commit stays under its ref."""
    campaign.propose(1, a=f"A = 2\n{GAP}B = 1\n")
    campaign.propose(2, a=f"{A}{GAP}B = 2\n")
    campaign.keep(1)
    before = campaign.journal.opened(2).commit
    moved = campaign.move(2, screened=True)
    assert (moved.replaces, moved.screened) == ((), True)
    assert campaign.text(moved.commit) == f"A = 2\n{GAP}B = 2"
    assert git(campaign.folder, "rev-parse", "refs/overnight/t/2") == before
    assert git(campaign.folder, "rev-parse", "refs/overnight/t/moved-1/2") == moved.commit


def test_where_texts_conflict_its_own_is_measured(campaign: Campaign) -> None:
    """The commit undoes the kept change and says so; it has to be screened again."""
    campaign.propose(1, a=f"A = 2\n{GAP}B = 1\n")
    campaign.propose(2, a=f"A = 9\n{GAP}B = 1\n")
    campaign.keep(1)
    moved = campaign.move(2, screened=True)
    assert (moved.replaces, moved.screened) == ((1,), False)
    assert campaign.text(moved.commit) == f"A = 9\n{GAP}B = 1"
    assert "it replaces #1" in git(campaign.folder, "log", "-1", "--format=%B", moved.commit)


def test_kept_changes_that_do_not_conflict_stay(campaign: Campaign) -> None:
    """Of three keeps only the one with the same line is undone: what is good in the others is not lost with it."""
    campaign.propose(1, c="C = 2\n")
    campaign.propose(4, a=f"A = 9\n{GAP}B = 1\n")
    campaign.keep(1)
    campaign.propose(2, a=f"A = 2\n{GAP}B = 1\n")
    campaign.keep(2)
    campaign.propose(3, a=f"A = 2\n{GAP}B = 3\n")
    campaign.keep(3)
    moved = campaign.move(4)
    assert moved.replaces == (2,)
    assert campaign.text(moved.commit) == f"A = 9\n{GAP}B = 3"
    assert campaign.text(moved.commit, "c.py") == "C = 2"


def test_every_move_begins_with_the_whole_change(campaign: Campaign) -> None:
    """After a conflict and another keep that takes the conflict away, the change is merged as it was proposed."""
    campaign.propose(1, a=f"A = 2\n{GAP}B = 1\n")
    campaign.propose(2, a=f"A = 9\n{GAP}B = 1\n", c="C = 5\n")
    campaign.keep(1)
    assert campaign.move(2).replaces == (1,)
    campaign.propose(3, a=f"{A}{GAP}B = 7\n")  # takes the first one back
    campaign.keep(3)
    moved = campaign.move(2)
    assert (moved.replaces, campaign.journal.opened(2).restart) == ((), 2)
    assert campaign.text(moved.commit) == f"A = 9\n{GAP}B = 7"


@pytest.mark.parametrize("kept", [f"A = 2\n{GAP}B = 1\n", f"A = 2\n{GAP}B = 2\n"])
def test_what_the_head_has_already_ends_without_a_trial(campaign: Campaign, kept: str) -> None:
    """The same change, or a larger one that contains it, was kept first."""
    campaign.propose(1, a=kept)
    campaign.propose(2, a=f"A = 2\n{GAP}B = 1\n")
    campaign.keep(1)
    scope = Scope(journal=campaign.journal, history=campaign.history)
    mover = Mover(journal=campaign.journal, history=campaign.history, scope=scope)
    ended = anyio.run(partial(mover.move, 2, screened=False))
    assert ended is not None and (ended.verdict, ended.reason) == (Verdict.DISCARD, IN_THE_HEAD)
    assert campaign.journal.opened(2).moved is None


def test_a_file_that_a_keep_deleted(campaign: Campaign) -> None:
    """An edit of it is a conflict: as it is, the change brings the file back."""
    campaign.propose(1, c=None)
    campaign.propose(2, c="C = 5\n")
    campaign.keep(1)
    moved = campaign.move(2)
    assert moved.replaces == (1,) and campaign.text(moved.commit, "c.py") == "C = 5"


def test_what_is_out_of_scope_together_is_rejected(campaign: Campaign) -> None:
    """A change that fixes a seed, for instance; it was open, so it ends as a discard."""
    campaign.propose(1, a=f"{A}{GAP}B = 2\n")
    campaign.propose(2, a=f"import random\nrandom.seed(0)\n{A}{GAP}B = 1\n")  # as if it had got in
    campaign.keep(1)
    scope = Scope(journal=campaign.journal, history=campaign.history)
    mover = Mover(journal=campaign.journal, history=campaign.history, scope=scope)
    ended = anyio.run(partial(mover.move, 2, screened=False))
    assert ended is not None and ended.verdict is Verdict.DISCARD
    assert ended.reason.startswith("together with what was kept meanwhile it is out of scope: it fixes a random seed")


def test_a_move_has_one_deadline(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has passed no more texts are merged: the kept changes that are left count as conflicts, and none is lost."""
    for number in (1, 2, 3):
        campaign.propose(number, a=f"A = {number}\n{GAP}B = 1\n")
        campaign.keep(number)
    opened_at = campaign.journal.state.kept[0].commit
    commit = campaign.history.record_attempt(
        tag="t", number=4, base=opened_at, changes=[FileChange(path="a.py", content=b"A = 9\n")], message="m"
    )
    campaign.journal.record(replace(proposed(4), base=opened_at, commit=commit))
    monkeypatch.setattr(moving, "MOVE_S", 0.0)
    with processes() as started:
        moved = campaign.move(4)
    assert "merge-file" not in {one.command for one in started}
    assert moved.replaces == (2, 3) and campaign.text(moved.commit) == "A = 9"


async def _cancelled(mover: Mover, history: "_Slow") -> None:
    """Cancel a move once git merges in it."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(mover.move, 2, screened=False))
        await anyio.to_thread.run_sync(history.merging.wait)
        tasks.cancel_scope.cancel()


class _Slow(GitHistory):
    """Says when it begins to merge, and merges without an end of its own."""

    merging: threading.Event
    ended: bool

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
        assert deadline is not None
        self.merging.set()
        try:
            while not deadline.passed:
                threading.Event().wait(deadline.wait_s)
        finally:
            self.ended = True
        raise AssertionError("nobody cancelled it")


def test_the_loop_goes_on_while_git_merges_and_can_end_it(campaign: Campaign) -> None:
    """A move is a thread's work. Cancelled, its thread has ended, nothing is recorded, and the repository still answers."""
    campaign.propose(1, a=f"A = 2\n{GAP}B = 1\n")
    campaign.propose(2, a=f"{A}{GAP}B = 2\n")
    campaign.keep(1)
    slow = _Slow(open_repository(campaign.folder))
    slow.merging, slow.ended = threading.Event(), False
    scope = Scope(journal=campaign.journal, history=slow)
    with closing(slow):
        anyio.run(_cancelled, Mover(journal=campaign.journal, history=slow, scope=scope), slow)
        assert slow.ended and campaign.journal.opened(2).moved is None
    assert campaign.move(2).replaces == ()


def test_a_head_that_moves_meanwhile_is_not_recorded(campaign: Campaign) -> None:
    """The move is for a head that was replaced while git merged: nothing is recorded, and the next move is for the new one."""
    for number, text in ((1, f"A = 2\n{GAP}B = 1\n"), (2, f"{A}{GAP}B = 2\n")):
        campaign.propose(number, a=text)
    campaign.keep(1)
    campaign.propose(3, c="C = 3\n")

    class Overtaken(GitHistory):
        def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
            from_thread.run_sync(campaign.keep, 3)
            return super().merge(base=base, head=head, commit=commit, deadline=deadline)

    with closing(Overtaken(open_repository(campaign.folder))) as history:
        mover = Mover(journal=campaign.journal, history=history, scope=Scope(journal=campaign.journal, history=history))
        assert anyio.run(partial(mover.move, 2, screened=False)) is None
    assert campaign.journal.opened(2).moved is None
    moved = campaign.move(2)
    assert (campaign.text(moved.commit), campaign.text(moved.commit, "c.py")) == (f"A = 2\n{GAP}B = 2", "C = 3")
