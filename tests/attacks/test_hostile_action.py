"""An action against those who judge it: what a change hides from them, and what a repository, a remote or a record pretends."""

import json
import os
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from action_boards import FILES, MadeBoard, board_of
from mcp_client import here
from rest import served
from targets import git, overnight, repository_of

from overnight.actions.board.recovery import recover
from overnight.actions.charter import Request, Role, Rules
from overnight.actions.checkouts.salvage import TAG
from overnight.actions.events import Asked, Begun, Judged, Returned, TurnBegun, TurnEnded, Waiting, Word
from overnight.actions.evidence.changed import ChangedFile, changed_files
from overnight.actions.evidence.doubts import doubts
from overnight.actions.evidence.risks import MOST, risks_of
from overnight.actions.evidence.weakened import weakened_tests
from overnight.actions.findings import Doubt, RiskKind, TurnOutcome, Weakening
from overnight.actions.operations.deliver import PlannedDelivery, render
from overnight.actions.record import ActionRecord
from overnight.actions.roles.prompts import Material, prompt_of
from overnight.actions.snapshot import dump_board, load_board
from overnight.actions.state import Stage
from overnight.actions.trunk.following import alone
from overnight.actions.trunk.trunk import BRANCH, GitTrunk
from overnight.errors import RepositoryError
from overnight.files.own import NotOurs
from overnight.git.finalize import finalize
from overnight.git.history import DIFF_BYTES, GitHistory, is_cut
from overnight.git.port import FileChange, KeptChange
from overnight.git.push import push_address, shown

HIDES = "* -diff\n*.py binary\n"
TEXTS = {"a.txt": "one\n", "b.txt": "b\n"}


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


def change_of(*edits: tuple[str, str | None, str | None]) -> Sequence[ChangedFile]:
    """The files of a change: the path of each, and its text before and after."""
    before = {path: old.encode() for path, old, _ in edits if old is not None}
    changes = [FileChange(path=path, content=None if new is None else new.encode()) for path, _, new in edits]
    return changed_files(changes, before, {}, ())


def request_in(folder: Path) -> Request:
    """What is asked for."""
    return Request(repo=str(folder), title="t", text="Do it.", plan=False)


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes"])
def test_no_attribute_hides_a_part_of_a_change(tmp_path: Path, where: str) -> None:
    """One that an earlier action added, or that came with the repository, leaves nothing out of the diff that is judged."""
    repository = repository_of(tmp_path / "r", {"a.py": "A = 1\n", "b/c.py": "C = 1\n", "b/.gitattributes": "c.py -diff\n"})
    (repository.toplevel / where).write_text(HIDES)
    git(repository.toplevel, "add", "-A")
    git(repository.toplevel, "commit", "-q", "--allow-empty", "-m", "attributes")
    with closing(GitHistory(repository)) as history:
        base = history.resolve_start()
        changes = [FileChange(path=path, content=b"evil()\n") for path in ("a.py", "b/c.py")]
        changes.append(FileChange(path="d.bin", content=b"\x00\x01"))
        commit = history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=changes, message="m")
        diff = history.diff(base, commit)
    assert diff.count("+evil()") == 2 and "d.bin differ" in diff


def test_the_end_of_a_long_diff_is_missed(tmp_path: Path) -> None:
    """A change that is longer than its diff may be says so to its reviewer and to the person, also if the rest looks whole."""
    repository = repository_of(tmp_path / "r", TEXTS)
    with closing(GitHistory(repository)) as history:
        base = history.resolve_start()
        changes = [FileChange(path="a.txt", content=b"x\n" * DIFF_BYTES), FileChange(path="z.py", content=b"evil()\n")]
        commit = history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=changes, message="m")
        diff = history.diff(base, commit)
        assert is_cut(diff) and "evil" not in diff
        assert not is_cut(history.diff(base, history.record_attempt(tag=TAG, number=2, base=base, changes=[], message="m")))
    with ActionRecord() as record:
        record.append(
            Asked(action=1, request=request_in(repository.toplevel)),
            Begun(action=1, base=base, rules=""),
            TurnBegun(action=1, turn=1, role=Role.CODER),
            TurnEnded(action=1, turn=1, role=Role.CODER, outcome=TurnOutcome(text=""), commit=commit),
            Waiting(action=1),
        )
        action = record.board().actions[1]
    prompt = prompt_of(Role.REVIEWER, action, Material(rules=Rules(), diff=diff, diff_file=".overnight-change.diff"))
    assert "The first 1 MB of the diff is in `.overnight-change.diff`; it goes on." in prompt
    assert "its diff is longer than 1 MB" in overnight(tmp_path, "result", "1", check=0).stdout


def test_many_risks_hide_no_other_kind() -> None:
    """A change with a hundred harmless ones before a protected file still needs a person's word for that."""
    noise = [(f"a/login/{number:03}.py", "a = 1\n", "a = 2\n") for number in range(2 * MOST)]
    files = change_of(*noise, ("program.md", "a\n", "b\n"), ("uv.lock", "a\n", "b\n"))
    found = risks_of(files, ["program.md"])
    assert len(found) == MOST and {RiskKind.PROTECTED, RiskKind.DEPENDENCIES, RiskKind.AUTH} == {risk.kind for risk in found}


def test_many_changed_tests_hide_no_deleted_one() -> None:
    """Nor do many suspicions of one kind hide another."""
    tests = "".join(f"def test_{number:03}():\n    assert f() == {number}\n\n\n" for number in range(100))
    files = change_of(
        ("tests/test_a.py", tests, tests.replace("==", "!=")), ("tests/test_z.py", "def test_z():\n    assert f()\n", None)
    )
    assert {each.how for each in weakened_tests(files)} >= {Weakening.DELETED}
    noise = "".join(f"if TESTING: f({number})\n" for number in range(100))
    empty = "def test_z():\n    f()\n"
    found = doubts(change_of(("a.py", "", noise), ("tests/test_z.py", None, empty)))
    assert {each.doubt for each in found} == {Doubt.KNOWS_TESTS, Doubt.ASSERTS_NOTHING}


def test_code_that_no_diff_shows_is_pointed_out() -> None:
    """A zero byte makes git say no more than that a script differs; in a picture it is nothing."""
    found = doubts(
        change_of(("run.sh", "echo a\n", "#\0\nevil\n"), ("bin/tool", None, "#!/bin/sh\n#\0"), ("a.png", None, "\0"))
    )
    assert [(each.path, each.doubt) for each in found] == [(path, Doubt.NOT_SHOWN) for path in ("bin/tool", "run.sh")]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example?@github.com/me/x",
        "https://evil.example#@github.com/me/x",
        "https://evil.example\\@github.com/me/x",
        "https://github.com@evil.example@other/me/x",
        "https://github.com?x",
        "ssh://evil.example?me@github.com/x",
    ],
)
def test_an_address_that_reads_as_another_is_not_pushed_to(tmp_path: Path, url: str) -> None:
    """What a person allows is the host that git and its helpers connect to."""
    repository = repository_of(tmp_path / "r", TEXTS)
    git(repository.toplevel, "config", "remote.origin.url", url)
    with pytest.raises(RepositoryError, match="is none that is pushed to"):
        push_address(repository, "origin")


def test_what_is_allowed_is_read_as_a_whole() -> None:
    """No middle of a long address or command is left out, and nothing of a password is shown."""
    command = "echo a;\n" * 200 + "evil;" + "\n:" * 1000
    planned = PlannedDelivery(
        number=1,
        branch="overnight/1",
        remote="origin",
        url=shown(f"https://host/{'a/' * 400}evil/{'b/' * 400}"),
        command=command,
        digest="d" * 64,
        allowed=False,
        delivered="",
        problem="",
        asked=False,
        process=None,
        notes=(),
    )
    text = render(planned)
    assert "evil;" in text and "/evil/" in text and " … " not in text
    assert shown("https://me:se@cr@host/x") == "https://host/x"


def test_a_folder_of_ours_that_leads_elsewhere_is_not_written(tmp_path: Path) -> None:
    """A link in place of `.overnight` that came with a repository: what it leads to stays as it was."""
    repository, victim = repository_of(tmp_path / "r", TEXTS), tmp_path / "victim"
    (victim / "actions").mkdir(parents=True)
    repository.overnight.symlink_to(victim)

    async def merge() -> None:
        async with alone(repository):
            raise AssertionError

    with pytest.raises(NotOurs):
        anyio.run(merge)
    assert not list((victim / "actions").iterdir())


def test_a_ref_that_stands_for_the_users_branch_moves_nothing_of_theirs(tmp_path: Path) -> None:
    """Our branch and our refs, made symbolic by whoever made the repository: they are replaced, the checkout stays clean."""
    repository = repository_of(tmp_path / "r", TEXTS)
    top = repository.toplevel
    branches = (BRANCH, "autoresearch/t", "overnight/t")
    ours = (*(f"refs/heads/{name}" for name in branches), "refs/overnight/actions/1/1", "refs/overnight/actions/1/0")
    for ref in ours:
        git(top, "symbolic-ref", ref, "refs/heads/main")
    with closing(GitHistory(repository)) as history:
        trunk, base = GitTrunk(repository=repository, history=history), history.resolve_start()
        changes = [FileChange(path="a.txt", content=b"evil\n")]
        commit = history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=changes, message="m")
        tried = trunk.merge(action=1, base=base, commit=commit, message="m")
        assert trunk.advance(old=base, new=tried.commit) and history.advance(tag="t", old=base, new=commit)
        tip = finalize(repository, start=base, kept=[KeptChange(commit=commit, subject="s", body="")], branch="overnight/t")
    assert git(top, "rev-parse", "main", *branches).split() == [base, tried.commit, commit, tip]
    assert not git(top, "status", "--short")


def test_a_folder_of_refs_that_is_a_link_holds_the_trunk(tmp_path: Path) -> None:
    """`overnight/main` would be `main` itself, by another name that no worktree says that it has."""
    repository = repository_of(tmp_path / "r", TEXTS)
    (repository.common_dir / "refs/heads/overnight").symlink_to(".")
    with closing(GitHistory(repository)) as history:
        trunk, base = GitTrunk(repository=repository, history=history), history.resolve_start()
        changes = [FileChange(path="a.txt", content=b"evil\n")]
        commit = history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=changes, message="m")
        assert "refs/heads/overnight is a link" in trunk.held()
        assert not trunk.advance(old=base, new=commit)
    assert git(repository.toplevel, "rev-parse", "main") == base


def test_a_commit_of_another_record_is_not_taken_for_a_turn(tmp_path: Path) -> None:
    """The state folder was moved, so numbers begin anew: a turn that was killed before its commit left nothing."""
    repository = repository_of(tmp_path / "r", TEXTS)
    evil = [FileChange(path="a.txt", content=b"evil\n")]
    with closing(GitHistory(repository, now=lambda: 1_000_000_000.0)) as history:
        base = history.resolve_start()
        history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=evil, message="m")
    with ActionRecord() as record:
        record.append(
            Asked(action=1, request=request_in(repository.toplevel)),
            Begun(action=1, base=base, rules=""),
            TurnBegun(action=1, turn=1, role=Role.CODER),
        )
        [cut] = recover(record)
        assert cut.commit == ""
        with closing(GitHistory(repository)) as history:
            mine = history.record_attempt(tag=TAG, group="1", number=1, base=base, changes=evil, message="m")
        [cut] = recover(record)
        assert cut.commit == mine


def test_a_snapshot_of_what_never_happened_is_not_believed(tmp_path: Path) -> None:
    """It says more than the events do, as after a restored backup: they are folded, and more can be asked for."""
    with ActionRecord(tmp_path / "other") as other:
        for number in range(1, 4):
            other.append(Asked(action=number, request=request_in(tmp_path)), Judged(action=number, word=Word.DROP))
        ahead = other.board()
    with ActionRecord() as record:
        record.append(Asked(action=1, request=request_in(tmp_path)))
        for seq in (ahead.seq, 1):
            record.store.save_snapshot(dump_board(ahead), seq=seq)
            with ActionRecord() as fresh:
                assert fresh.board() == record.board()
        with ActionRecord() as fresh:
            assert fresh.ask(request_in(tmp_path)) == 2


def test_nothing_of_ours_is_lost_to_a_clean_up(tmp_path: Path) -> None:
    """Git prunes after each step, the user's branch of ours is deleted: what waits, conflicts, merges and joins is there."""
    repository = repository_of(tmp_path / "r", TEXTS)
    with closing(GitHistory(repository)) as history:
        trunk, base = GitTrunk(repository=repository, history=history), history.resolve_start()

        def clean(*commits: str) -> None:
            git(repository.toplevel, "reflog", "expire", "--expire=now", "--all")
            git(repository.toplevel, "gc", "-q", "--prune=now")
            for commit in commits:
                git(repository.toplevel, "rev-list", "--objects", commit)

        def attempt(number: int, text: str) -> str:
            changes = [FileChange(path="a.txt", content=text.encode())]
            return history.record_attempt(tag=TAG, group=str(number), number=1, base=base, changes=changes, message="m")

        one, two = attempt(1, "1\n"), attempt(2, "2\n")
        clean(one, two)
        merged = trunk.merge(action=1, base=base, commit=one, message="m")
        clean(merged.commit)
        assert trunk.advance(old=merged.onto, new=merged.commit)
        conflict = trunk.merge(action=2, base=base, commit=two, message="m")
        clean(conflict.start)
        (repository.toplevel / "b.txt").write_text("mine\n")
        git(repository.toplevel, "commit", "-qam", "mine")
        joined = trunk.join(trunk.news())
        clean(joined.commit)
        assert trunk.advance(old=joined.onto, new=joined.commit)
        git(repository.toplevel, "branch", "-D", BRANCH)
        clean(one, two, merged.commit, conflict.start, joined.commit)
        assert trunk.changed() and trunk.landed(action=1, commit=one) == ""


def test_over_a_face_no_file_of_the_machine_is_a_task(tmp_path: Path) -> None:
    """A path would have its text shown to whoever asks; nor is a repository named that is not served."""
    made: MadeBoard = board_of(tmp_path / "made")
    secret = tmp_path / "secret"
    secret.write_text("private words")
    with served(shop=made.repository) as rest:
        assert rest.post("/do", text="", file=[str(secret)], repo="shop", later=True).status == 400
        assert rest.post("/do", text="x", repo=str(tmp_path), later=True).status == 422
        assert rest.post("/do", text="x", repo="../shop", later=True).status == 422
        assert "private words" not in str(rest.get("/board").json)


def test_who_is_declared_as_an_agent_judges_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by its own name nor as the owner: each word is put to the owner, and the action stays as it is."""
    made = board_of(tmp_path / "made")
    monkeypatch.setenv("OVERNIGHT_PRINCIPAL", "agent:claude")
    for words in (["accept", "1", made.commit], ["drop", "1"], ["drop", "3"], ["send", "back", "1", "x"]):
        assert overnight(made.repository, *words).returncode != 0
        assert overnight(made.repository, "--as", "owner:terminal", *words).returncode != 0
    assert overnight(made.repository, "work-on").returncode != 0
    with made.record as record:
        stages = [record.board().actions[number].stage for number in (1, 3)]
    assert stages == [Stage.WAITING, Stage.QUEUED]


def test_a_name_that_is_no_unicode_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a repository's folder, and of a file in it that conflicts: both are recorded as they are, and shown escaped."""
    monkeypatch.setenv("OVERNIGHT_NO_BOARD", "1")
    odd = os.fsdecode(b"\xff\n.txt")
    repository = repository_of(tmp_path / os.fsdecode(b"r\xff"), {odd: "1\n", "actions.md": FILES["actions.md"]})
    top = repository.toplevel
    overnight(top, "do", "Do it.", check=0)
    with closing(GitHistory(repository)) as history:
        trunk, base = GitTrunk(repository=repository, history=history), history.resolve_start()
        (top / odd).write_text("2\n")
        git(top, "commit", "-qam", "two")
        theirs = git(top, "rev-parse", "HEAD")
        git(top, "reset", "-q", "--hard", base)
        (top / odd).write_text("3\n")
        git(top, "commit", "-qam", "three")
        tried = trunk.merge(action=1, base=base, commit=theirs, message="m")
        assert tried.conflicts == (odd,)
    with ActionRecord() as record:
        back = Returned(action=1, why="x", onto=tried.onto, conflicts=tried.conflicts, start=tried.start)
        board = record.append(Begun(action=1, base=base, rules=""), back)
        assert list(board.actions[1].conflicts) == [odd] and board.actions[1].request.repo == str(top)
        assert load_board(dump_board(board)).actions[1].conflicts == board.actions[1].conflicts
    for command in (["board"], ["result", "1"], ["action", "history", "1"]):
        assert overnight(top, *command, check=0).stdout and json.loads(overnight(top, *command, "--json", check=0).stdout)
    with served(shop=top) as rest:
        assert rest.get("/board").json["flowing"] and rest.get("/result", number=1).status == 200
    client = here({"shop": top})
    client.hello("codex")
    assert client.call("look", address="/actions/1")["data"]["number"] == 1
