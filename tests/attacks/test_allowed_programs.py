"""Attacks on the owner's word that others may start a program: it is for these very commands, here, and by nobody else."""

import asyncio
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from surface_campaigns import campaign_of
from targets import git, make_repo, program, run_here

from overnight.cli.agents.command import ask_for
from overnight.errors import UserError
from overnight.files.folders import remove_tree
from overnight.files.own import NotOurs
from overnight.git.repository import open_repository
from overnight.operations.operation import AnyOperation, Context
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal
from overnight.program.parser import parse_program
from overnight.program.privileges import digest_of, privilege_lines
from overnight.research.loop.stop import Stop
from overnight.research.operations import _allowed, agents_test, allow, audit, check, run
from overnight.research.operations import program as program_page
from overnight.research.places import allowed
from overnight.research.places.allowed import NotAllowedYet
from overnight.research.places.campaigns import read_program
from overnight.research.places.orders import OrderFiles
from overnight.research.wiring import SessionRequest, open_session, rehearsal

PROGRAM = program(("OFFSET = 5.0", "OFFSET = 3.0"))
EVIL = PROGRAM.replace("measure: python train.py", "measure: python train.py; python evil.py")
AGENT = Principal(Kind.AGENT, "claude")
WEB = Address(channel="web", id="browser")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose program is not allowed, and a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return make_repo(tmp_path / "repo", PROGRAM)


def over_web(repo: Path) -> Context:
    """A call of the owner's, over a face."""
    return Context(where=repo, principal=Principal(Kind.OWNER, "web"), address=WEB)


def as_agent(repo: Path) -> Context:
    return Context(where=repo, principal=AGENT, origin=Origin.CLAW)


def let(repo: Path) -> allow.Allowance:
    """The owner reads what runs, and allows it."""
    at_home = Context(where=repo)
    read = perform(allow.OPERATION, at_home, allow.AllowInput())
    return perform(allow.OPERATION, at_home, allow.AllowInput(digest=read.digest[:12]))


def begin(context: Context, operation: AnyOperation = run.OPERATION, **given: object) -> str:
    """Start something, in a way that only says so."""
    return perform(operation, context, operation.input(**given), run=lambda _context, _given: "started")


async def made() -> Stop:
    """Within an event loop, as its scopes are."""
    return Stop()


def test_nothing_of_the_program_starts_until_it_is_allowed(repo: Path) -> None:
    """Over a face, also for the owner; for an agent it is not even asked about. Afterwards it may start."""
    for operation in (run.OPERATION, check.OPERATION, audit.OPERATION):
        for context in (over_web(repo), as_agent(repo)):
            with pytest.raises(NotAllowedYet, match=r"measure.*overnight allow"):
                begin(context, operation)
    (repo / "program.md").write_text(PROGRAM.replace("- role: script", "- {role: mine, use: tuner}\n  - role: script"))
    with pytest.raises(NotAllowedYet):
        begin(over_web(repo), agents_test.OPERATION, name="mine")
    (repo / "program.md").write_text(PROGRAM)
    assert let(repo).allowed and begin(over_web(repo)) == begin(over_web(repo), check.OPERATION) == "started"
    with pytest.raises(ApprovalAsked):
        begin(as_agent(repo))
    assert begin(Context(where=repo)) == "started"  # the owner at home is never asked


def test_only_the_owner_in_a_terminal_allows(repo: Path) -> None:
    """No agent does, whoever it acts for, nor a face, whose token may be stolen; nothing is written."""
    given = allow.AllowInput(digest=allow.look(Context(where=repo)).digest)
    for context in (as_agent(repo), Context(where=repo, origin=Origin.FOREIGN), Context(where=repo, principal=AGENT)):
        with pytest.raises(NotAllowed):
            perform(allow.OPERATION, context, given)
    for channel in ("web", "rest", "mcp", "chat"):
        with pytest.raises(UserError, match="in a terminal alone"):
            perform(allow.OPERATION, Context(where=repo, principal=OWNER, address=Address(channel=channel, id="x")), given)
    done = run_here(repo, "--as", "agent:claude", "allow", given.digest)
    assert done.returncode == 2 and "is for the owner alone" in done.stderr
    assert not allowed.folder_of(repo).exists()


def test_what_is_allowed_is_what_was_read(repo: Path) -> None:
    """A program that changes between reading and allowing is not allowed, nor is one by a few digits."""
    digest = allow.look(Context(where=repo)).digest
    (repo / "program.md").write_text(EVIL)
    for wrong in (digest, digest[:12], allow.look(Context(where=repo)).digest[:11], ""):
        if wrong:
            with pytest.raises(UserError, match="may have changed since"):
                perform(allow.OPERATION, Context(where=repo), allow.AllowInput(digest=wrong))
        assert not perform(allow.OPERATION, Context(where=repo), allow.AllowInput()).allowed


def test_a_changed_program_says_what_is_new(repo: Path) -> None:
    """The message has the new line alone; the diff for the owner both; the version before stays allowed."""
    let(repo)
    (repo / "program.md").write_text(EVIL)
    with pytest.raises(NotAllowedYet, match=r"since it was last allowed: measure: .*evil\.py") as refused:
        begin(over_web(repo))
    assert "scripted" not in str(refused.value)
    now = allow.look(Context(where=repo))
    assert [line[0] for line in now.changes] == ["-", "+"] and "evil.py" in now.changes[1]
    (repo / "program.md").write_text(PROGRAM)
    assert begin(over_web(repo)) == "started"
    assert perform(allow.OPERATION, Context(where=repo), allow.AllowInput(withdraw=True)).withdrawn == 1
    with pytest.raises(NotAllowedYet):
        begin(over_web(repo))


def test_a_program_that_changes_after_the_door_does_not_start(repo: Path) -> None:
    """The session looks at the very text that it works with, and leaves nothing behind."""
    let(repo)
    begin(over_web(repo))
    (repo / "program.md").write_text(EVIL)
    repository, request, stop = open_repository(repo), SessionRequest(tag="t", allowed_only=True), asyncio.run(made())
    for open_one in (open_session, rehearsal):
        with pytest.raises(NotAllowedYet), open_one(repository, request, stop, []):
            pytest.fail("it started")
    role = "  - role: gemini\n    use: command\n    command: python evil.py\n"
    (repo / "program.md").write_text(PROGRAM.replace("researchers:\n", f"researchers:\n{role}"))
    with pytest.raises(NotAllowedYet):  # it was a built-in one when the door was passed
        ask_for(repo, "gemini", "", tokens=None, cost_usd=None, seconds=None, allowed_only=True)
    assert not (repo / ".overnight").exists() and git(repo, "branch", "--list", "autoresearch/*") == ""


def test_what_the_owner_starts_on_a_terminal_is_allowed(repo: Path) -> None:
    """As it was read; a later edit is not."""
    request = SessionRequest(allows="overnight check")
    with rehearsal(open_repository(repo), request, asyncio.run(made()), []):
        (repo / "program.md").write_text(EVIL)
    now = allow.look(Context(where=repo))
    assert not now.allowed and [version.how for version in allowed.versions(repo)] == ["overnight check"]
    (repo / "program.md").write_text(PROGRAM)
    assert allow.look(Context(where=repo)).how == "overnight check"


def test_without_a_jail_nothing_starts_over_a_face(repo: Path) -> None:
    """What no digest covers, such as train.py, is kept by the jail; a command of the caller's is none of the program's."""
    let(repo)
    for operation in (run.OPERATION, check.OPERATION, audit.OPERATION):
        with pytest.raises(UserError, match="without a jail"):
            begin(over_web(repo), operation, sandbox="process")
    with pytest.raises(UserError, match="is not taken over a face"):
        begin(over_web(repo), agents_test.OPERATION, name="acp:sh -c evil")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("measure: python train.py", "measure: python other.py\nmeasure: python train.py"),
        ("measure: python train.py", "x: &a python evil.py\nmeasure: *a"),
        ("measure: python train.py", "measure: &a python train.py"),
        ("measure: python train.py", "<<: {measure: python evil.py}\nmeasure: python train.py"),
        ("measure: python train.py", "measure: !!str python train.py"),
        ("measure: python train.py", "measure: python \u202etrain.py"),
        ("measure: python train.py", "me\u0430sure: python train.py"),
    ],
)
def test_two_readings_of_one_text_are_refused(repo: Path, old: str, new: str) -> None:
    """Duplicate keys, anchors, aliases, merges, tags, letters that show as others: the parser takes none or another digest."""
    allowed_digest = digest_of(privilege_lines(parse_program(PROGRAM, "program.md")))
    let(repo)
    text = PROGRAM.replace(old, new, 1)
    (repo / "program.md").write_text(text)
    with pytest.raises(UserError):
        begin(over_web(repo))
    with suppress(UserError):
        assert digest_of(privilege_lines(parse_program(text, "program.md"))) != allowed_digest


def linked(place: Path, other: Path) -> None:
    place.symlink_to(other)


def hard_linked(place: Path, other: Path) -> None:
    os.link(other, place)


def copied(place: Path, other: Path) -> None:
    place.write_bytes(other.read_bytes())


def damaged(place: Path, other: Path) -> None:
    place.write_text("{}")


def a_folder(place: Path, other: Path) -> None:
    place.mkdir()


@pytest.mark.parametrize("plant", [linked, hard_linked, copied, damaged, a_folder])
def test_a_planted_version_allows_nothing(repo: Path, tmp_path: Path, plant: Callable[[Path, Path], None]) -> None:
    """A link to another file, one that is about another program, or none at all."""
    let(repo)
    folder = allowed.folder_of(repo)
    good = folder / allow.look(Context(where=repo)).digest
    assert stat.S_IMODE(good.stat().st_mode) == 0o600 and stat.S_IMODE(folder.stat().st_mode) == 0o700
    other = tmp_path / "other"
    other.write_bytes(good.read_bytes())
    (repo / "program.md").write_text(EVIL)
    plant(folder / digest_of(privilege_lines(read_program(open_repository(repo)))), other)
    with pytest.raises(NotOurs):
        begin(over_web(repo))


def test_a_link_in_place_of_the_folder_is_refused(repo: Path, tmp_path: Path) -> None:
    """Nothing is written through it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = allowed.folder_of(repo)
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    with pytest.raises(NotOurs):
        let(repo)
    assert not list(elsewhere.iterdir())


def test_another_repository_of_the_same_name_is_another(repo: Path, tmp_path: Path) -> None:
    """What counts is the path without links: a copy elsewhere is not allowed, a link to this one is."""
    let(repo)
    copy = make_repo(tmp_path / "elsewhere" / "repo", PROGRAM)
    with pytest.raises(NotAllowedYet):
        begin(over_web(copy))
    link = tmp_path / "link"
    link.symlink_to(repo)
    assert begin(over_web(link)) == "started"
    link.unlink()
    link.symlink_to(copy)
    with pytest.raises(NotAllowedYet):
        begin(over_web(link))


def test_what_the_owner_reads_is_whole_and_visible(repo: Path) -> None:
    """No control character, look-alike or line break hides a part of a command, however long it is."""
    for hidden in ("\\e[2K", "\\r", "\\u202e", "\\0"):
        (repo / "program.md").write_text(PROGRAM.replace("measure: python train.py {seed}", f'measure: "python {hidden} x"'))
        with pytest.raises(UserError, match="invisible"):
            allow.look(Context(where=repo))
    command = "python train.py " + "x" * 3000 + " tr\u0430in evil.py"
    (repo / "program.md").write_text(PROGRAM.replace("measure: python train.py {seed}", f"measure: {command}"))
    shown = allow.render(allow.look(Context(where=repo)))
    assert shown.isascii() and shown.replace("\n", "").isprintable()
    [line] = [line for line in shown.splitlines() if "measure" in line]
    assert line.endswith('evil.py"') and "x" * 3000 in line and "tr\\u0430in" in line


@pytest.mark.parametrize(
    "disguise", ["x://a:{}@b", "-----BEGIN PRIVATE KEY-----; {} -----END PRIVATE KEY-----", "echo sk-1234567890abcdef {}"]
)
def test_a_command_in_the_form_of_a_secret_is_not_allowed(repo: Path, disguise: str) -> None:
    """What looks like a secret is hidden from the owner, who then allows nothing: they would not have read it."""
    command = disguise.replace("{}", "python${IFS}evil.py")
    (repo / "program.md").write_text(PROGRAM.replace("python train.py {seed}", f"'{command}; python train.py {{seed}}'"))
    shown = allow.look(Context(where=repo))
    assert any("[hidden]" in line for line in shown.runs)
    with pytest.raises(UserError, match="what was not read is not allowed"):
        perform(allow.OPERATION, Context(where=repo), allow.AllowInput(digest=shown.digest))
    with pytest.raises(NotAllowedYet):
        begin(over_web(repo))


def test_an_approval_of_an_audit_is_of_one_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two programs that are both allowed, the one runs that the owner read about when they approved."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = campaign_of(tmp_path / "r", 3).repository
    let(made)
    before = audit.state(as_agent(made), audit.AuditInput())
    text = (made / "program.md").read_text()
    (made / "program.md").write_text(text.replace("memory: 500MB", "memory: 500MB, network: host"))
    let(made)
    with pytest.raises(ApprovalAsked):
        begin(as_agent(made), audit.OPERATION)
    assert audit.state(as_agent(made), audit.AuditInput()) != before


@pytest.mark.parametrize("target", ["outside", ".git/description", ".overnight/ledger.db"])
def test_a_program_that_is_a_link_shows_no_other_file(repo: Path, tmp_path: Path, target: str) -> None:
    """A repository's author can have it name any file of the user's, or what is sealed: no page and no command reads it."""
    for file in (tmp_path / "outside", repo / target if "." in target else repo / "x"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("what is not to be seen")
    (repo / "program.md").unlink()
    (repo / "program.md").symlink_to(tmp_path / "outside" if target == "outside" else target)
    shown = perform(program_page.OPERATION, over_web(repo), program_page.ProgramInput())
    assert "it is a link" in shown.mistakes[0] and "not to be seen" not in repr(shown)
    done = run_here(repo, "check")
    assert done.returncode == 2 and "it is a link" in done.stderr and "not to be seen" not in done.stderr
    assert OrderFiles(repo / "program.md", tmp_path, known="").program() is None


def test_who_approves_a_run_reads_which_program_it_is(repo: Path) -> None:
    """Its digest, and that it is allowed; a later edit is another question."""
    digest = let(repo).digest
    with pytest.raises(ApprovalAsked):
        begin(as_agent(repo))
    listed = run_here(repo, "approvals").stdout
    assert f"one that you allow, with digest {digest[:12]}" in listed and 'measure: "python train.py' in listed
    assert _allowed.program_words(replace(over_web(repo), where=repo)).startswith("the program is one that you allow")
    remove_tree(allowed.folder_of(repo))
    assert "you have NOT allowed" in _allowed.program_words(over_web(repo))
