"""What is done with a merged action beside the trunk: only what a person allowed, and what comes of it is said."""

import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from targets import git, overnight, repository_of

from overnight.actions.board.board import BoardRunner
from overnight.actions.charter import Request
from overnight.actions.events import Asked, Begun, DeliveryAsked, Event, Merged
from overnight.actions.fold import KEPT_ENDED, fold
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Board, Stage
from overnight.actions.trunk.delivery import Delivering, branch_of, planned
from overnight.actions.trunk.trunk import GitTrunk
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.ledger.port import Recorded

RULES = "---\ndeliver: {{push: origin, then: {then}}}\n---\n"
THEN = "echo opening; echo https://host/{branch} {title}"
TITLE = "It's $(touch x) done"


@dataclass
class Deliveries:
    """The deliveries of one repository with a remote."""

    repository: Repository
    trunk: GitTrunk
    remote: Path
    board: Board = field(default_factory=Board)

    def note(self, event: Event) -> Action:
        self.board = fold(self.board, Recorded(seq=self.board.seq + 1, at=0.0, event=event, digest=""))
        return self.board.actions[event.action]

    def merged(self, number: int = 1) -> Action:
        """An action that is on the trunk and is to be pushed."""
        head = self.trunk.head()
        self.note(Asked(action=number, request=Request(repo=str(self.repository.toplevel), title=TITLE, text="x")))
        self.note(Begun(action=number, base=head, rules=""))
        return self.note(Merged(action=number, commit=head, parent=head, deliver="origin"))

    @property
    def delivering(self) -> Delivering:
        return Delivering(
            repository=self.repository,
            trunk=self.trunk,
            allowed=lambda: self.board.deliveries,
            record=self.note,
            scrub=lambda text: text.replace("t0p-secret", "(hidden)"),
        )

    def deliver(self, number: int = 1) -> Action:
        return anyio.run(self.delivering.step, self.board.actions[number])

    def allow(self, number: int = 1) -> None:
        plan = planned(self.board.actions[number], self.trunk, self.repository)
        self.note(DeliveryAsked(action=number, allows=plan.digest))

    @property
    def branches(self) -> str:
        return git(self.remote, "for-each-ref", "--format=%(refname) %(objectname)")


@contextmanager
def deliveries(folder: Path, then: str = THEN) -> Iterator[Deliveries]:
    remote = folder / "far.git"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    repository = repository_of(folder / "r", {"a": "a", "actions.md": RULES.format(then=repr(then))})
    git(repository.toplevel, "remote", "add", "origin", str(remote))
    with closing(GitHistory(repository)) as history:
        yield Deliveries(repository, GitTrunk(repository=repository, history=history), remote)


def test_nothing_is_delivered_that_a_person_has_not_allowed(tmp_path: Path) -> None:
    """The first one says what it would do; once that is allowed it does, and so does the next one by itself."""
    with deliveries(tmp_path) as found:
        assert found.merged().stage is Stage.DELIVERING
        refused = found.deliver()
        assert refused.stage is Stage.MERGED and found.branches == ""
        assert f"it would push to {found.remote} and run `{THEN}`: " in refused.problem
        assert refused.problem.endswith("`overnight deliver 1` shows it, and how to allow it")
        found.allow()
        assert found.board.actions[1].stage is Stage.DELIVERING
        done = found.deliver()
        branch = "overnight/1-it-s-touch-x-done"
        assert (done.problem, done.delivered) == ("", f"{branch} on {found.remote}: https://host/{branch} {TITLE}")
        assert found.branches == f"refs/heads/{branch} {done.merged}"
        assert not (found.repository.toplevel / "x").exists(), "a title is data"
        found.merged(2)
        assert found.deliver(2).problem == "" and "refs/heads/overnight/2-" in found.branches


@pytest.mark.parametrize("quote", ["{title}", '"{title}"', "'{title}'", '"a {title} {branch} b"', "$(echo {title})"])
def test_a_title_is_data_however_the_command_quotes_it(tmp_path: Path, quote: str) -> None:
    """Nothing in it is run, in whatever quotes its place stands."""
    with deliveries(tmp_path, f"echo {quote}") as found:
        found.merged()
        found.allow()
        assert found.deliver().problem == ""
        assert not (found.repository.toplevel / "x").exists()


def test_another_command_is_not_allowed_by_that(tmp_path: Path) -> None:
    """Neither another command nor another address: both are asked about again."""
    with deliveries(tmp_path) as found:
        found.merged()
        found.allow()
        actions = found.repository.toplevel / "actions.md"
        actions.write_text(RULES.format(then=repr("touch evil")))
        git(found.repository.toplevel, "commit", "-qam", "another command")
        assert "and run `touch evil`" in found.deliver().problem
        actions.write_text(RULES.format(then=repr(THEN)))
        git(found.repository.toplevel, "commit", "-qam", "the same command")
        git(found.repository.toplevel, "remote", "set-url", "origin", "https://elsewhere/x")
        assert "it would push to https://elsewhere/x" in found.deliver().problem
        assert found.branches == "" and not (found.repository.toplevel / "evil").exists()


def test_an_action_cannot_say_where_it_is_pushed_to(tmp_path: Path) -> None:
    """What counts is the user's own branch: what is on the trunk alone changes nothing."""
    with deliveries(tmp_path) as found:
        folder = found.repository.toplevel
        git(folder, "switch", "-qc", "overnight/main")
        (folder / "actions.md").write_text(RULES.format(then=repr("touch evil")))
        git(folder, "commit", "-qam", "as an action would")
        git(folder, "switch", "-q", "main")
        found.merged()
        assert "echo opening" in planned(found.board.actions[1], found.trunk, found.repository).command


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("echo no >&2; exit 3", "it is pushed, but `echo no >&2; exit 3` exited with 3: no"),
        ("echo t0p-secret; exit 5", "it is pushed, but `echo (hidden); exit 5` exited with 5: (hidden)"),
        ("yes", "it is pushed, but `yes` printed more than 100,000 bytes, and was ended"),
        ("exit 4", "it is pushed, but `exit 4` exited with 4: it printed nothing"),
    ],
)
def test_a_command_that_fails_is_said(tmp_path: Path, then: str, said: str) -> None:
    """With the last line that it printed; the branch is there all the same, and another try is asked for by a person."""
    with deliveries(tmp_path, then) as found:
        found.merged()
        found.allow()
        failed = found.deliver()
        assert (failed.problem, failed.stage) == (said, Stage.MERGED)
        assert "refs/heads/overnight/1-" in found.branches
        assert found.note(DeliveryAsked(action=1)).stage is Stage.DELIVERING


def test_a_push_that_fails_is_said(tmp_path: Path) -> None:
    """In git's words; and so is a remote that is not there any more."""
    with deliveries(tmp_path) as found:
        found.merged()
        found.allow()
        found.remote.rename(tmp_path / "moved")
        assert found.deliver().problem.startswith(f"git push to {found.remote}: ")
        git(found.repository.toplevel, "remote", "remove", "origin")
        found.note(DeliveryAsked(action=1))
        assert found.deliver().problem == "there is no remote `origin`; git remote add origin URL"


def test_branches_have_names_that_people_can_read(tmp_path: Path) -> None:
    """Of letters and digits of the title; of the number alone if there are none."""
    with deliveries(tmp_path) as found:
        assert branch_of(found.merged()) == "overnight/1-it-s-touch-x-done"
        found.note(Asked(action=2, request=Request(repo="/r", title="日本", text="x")))
        assert branch_of(found.board.actions[2]) == "overnight/2"


def test_the_owner_allows_a_delivery_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`deliver` shows what it would do; with the digest that it shows, the board does it; agents may not."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with deliveries(tmp_path) as found, ActionRecord() as record:
        head = found.trunk.head()
        record.append(
            Asked(action=1, request=Request(repo=str(found.repository.toplevel), title=TITLE, text="x")),
            Begun(action=1, base=head, rules=""),
        )
        assert "is not merged: it is coding" in overnight(tmp_path, "deliver", "1", check=2).stderr
        record.append(Merged(action=1, commit=head, parent=head, deliver="origin"))
        board = BoardRunner(record=record, sandbox="process")
        anyio.run(lambda: board.run(until_idle=True))
        said = overnight(tmp_path, "deliver", "1", check=0).stdout
        assert f"to origin, {found.remote}" in said and "and then this runs in your checkout: echo opening" in said
        assert "it may have changed since you read it" in overnight(tmp_path, "deliver", "1", "0" * 12, check=2).stderr
        digest = said.split()[-1]
        assert "is for the owner alone" in overnight(tmp_path, "--as", "agent:claude", "deliver", "1", digest, check=2).stderr
        allowed = overnight(tmp_path, "deliver", "1", digest, check=0).stdout
        assert "the board tries it next; nobody runs the board: overnight work-on" in allowed
        anyio.run(lambda: board.run(until_idle=True))
        assert found.branches == f"refs/heads/overnight/1-it-s-touch-x-done {head}"
        assert "done: overnight/1-it-s-touch-x-done on " in overnight(tmp_path, "deliver", "1", check=0).stdout


def test_what_ended_long_ago_is_not_said_to_be_delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board holds it no more and would never do it; the error says how it is pushed by hand."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with deliveries(tmp_path) as found, ActionRecord() as record:
        head, request = found.trunk.head(), Request(repo=str(found.repository.toplevel), title=TITLE, text="x")
        for number in range(1, KEPT_ENDED + 2):
            record.append(Asked(action=number, request=request), Merged(action=number, commit=head, parent=head))
        digest = overnight(tmp_path, "deliver", "1", check=0).stdout.split()[-1]
        refused = overnight(tmp_path, "deliver", "1", digest, check=2).stderr
        assert f"git push origin {head}:refs/heads/overnight/1-it-s-touch-x-done" in refused
        assert not record.board().deliveries
