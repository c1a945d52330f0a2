"""Attacks on approvals: each lets exactly one call through, once, in the state it was asked in, by the owner's word alone."""

import os
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from toy_operations import NoteInput, lines, make

from overnight.errors import LedgerCorrupt, UserError
from overnight.files.state_folder import state_folder
from overnight.operations import answer as answers
from overnight.operations import record as records
from overnight.operations.answer import AnswerInput
from overnight.operations.operation import Context, Tier
from overnight.operations.own.approve import OPERATION as APPROVE
from overnight.operations.own.refuse import OPERATION as REFUSE
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.operations.record import ASKED_S, GRANTED_S, OperationRecord
from overnight.operations.tables import Refused
from overnight.operations.views import describe_approval, entry_of
from overnight.research.operations.idea_add import OPERATION as IDEA_ADD
from overnight.research.operations.idea_add import IdeaAddInput
from overnight.words.foreign import printable

DELETE = make(Tier.IRREVERSIBLE)
NOTE = make(Tier.REVERSIBLE)
TEXT = NoteInput(text="gone")
PROCESSES = 4
USE = """
import sys
from pathlib import Path
from toy_operations import NoteInput, make
from overnight.errors import UserError
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import perform
from overnight.operations.principal import Kind, Origin, Principal
context = Context(where=Path(sys.argv[1]), principal=Principal(Kind.AGENT, "claude"), origin=Origin.CLAW)
print("there", flush=True)
sys.stdin.readline()
try:
    perform(make(Tier.IRREVERSIBLE), context, NoteInput(text="gone"))
    print("done")
except UserError as error:
    print(error)
"""
ANSWER = """
import sys
from overnight.errors import UserError
from overnight.operations.record import open_record
with open_record() as record:
    print("there", flush=True)
    sys.stdin.readline()
    try:
        record.answer(int(sys.argv[1]), granted=True, by="owner:terminal", address=None)
        print("done")
    except UserError as error:
        print(error)
"""


class Clock:
    """Unix time that stands still until it is moved."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A state folder of its own, and its time."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "state").mkdir()
    made = Clock()

    def opened() -> OperationRecord:
        return OperationRecord(state_folder() / records.FOLDER, clock=made)

    monkeypatch.setattr(records, "open_record", opened)
    monkeypatch.setattr(answers, "open_record", opened)
    return made


def agent(folder: Path, name: str = "claude") -> Context:
    """An agent that calls."""
    return Context(where=folder, principal=Principal(Kind.AGENT, name), origin=Origin.CLAW)


def asked(context: Context, given: NoteInput = TEXT) -> int:
    """The number of the question that a call becomes; nothing is done."""
    before = lines(context.where)
    with pytest.raises(ApprovalAsked) as refused:
        perform(DELETE, context, given)
    assert lines(context.where) == before
    return refused.value.number


def approve(number: int | str, folder: Path) -> None:
    """The owner approves in a terminal."""
    perform(APPROVE, Context(where=folder), AnswerInput(which=str(number)))


def test_an_approval_lets_one_call_through_once(tmp_path: Path) -> None:
    """Replayed, the call is asked about anew."""
    number = asked(agent(tmp_path))
    approve(number, tmp_path)
    perform(DELETE, agent(tmp_path), TEXT)
    assert lines(tmp_path) == ["gone"]
    assert asked(agent(tmp_path)) > number


def test_it_is_of_no_use_to_another_call(tmp_path: Path) -> None:
    """Other words, more of them, another folder, another agent, another origin: each is a question of its own."""
    approve(asked(agent(tmp_path)), tmp_path)
    (tmp_path / "other").mkdir()
    foreign = replace(agent(tmp_path), origin=Origin.FOREIGN)
    for context, given in (
        (agent(tmp_path), NoteInput(text="gone", times=2)),
        (agent(tmp_path / "other"), TEXT),
    ):
        perform(REFUSE, Context(where=tmp_path), AnswerInput(which=str(asked(context, given))))
    asked(agent(tmp_path, "codex"))
    asked(foreign)
    perform(DELETE, agent(tmp_path), TEXT)
    assert lines(tmp_path) == ["gone"]


def test_it_is_of_no_use_when_the_state_has_changed(tmp_path: Path) -> None:
    """Between question and answer, or between answer and call; it is good again in the state that it was asked in."""
    approve(asked(agent(tmp_path)), tmp_path)
    (tmp_path / "version").write_text("2")
    second = asked(agent(tmp_path))
    (tmp_path / "version").write_text("3")
    approve(second, tmp_path)
    asked(agent(tmp_path))
    (tmp_path / "version").unlink()
    perform(DELETE, agent(tmp_path), TEXT)
    assert lines(tmp_path) == ["gone"]


def test_it_expires_closed(tmp_path: Path, clock: Clock) -> None:
    """The question, and what was granted; a clock that is set back opens neither."""
    number = asked(agent(tmp_path))
    clock.now += ASKED_S
    with pytest.raises(Refused, match="expired"):
        approve(number, tmp_path)
    second = asked(agent(tmp_path))
    assert second != number
    clock.now -= 1.0
    with pytest.raises(Refused, match="expired"):
        approve(second, tmp_path)
    clock.now += 1.0
    approve(second, tmp_path)
    clock.now -= 1.0
    third = asked(agent(tmp_path))
    clock.now += GRANTED_S + 1.0
    assert asked(agent(tmp_path)) != third
    assert lines(tmp_path) == []


@pytest.mark.parametrize("nonce", ["", "0", "99", "-1", "1 OR 1=1", "%", "a" * 22, "\u0661", "1" * 400, "é\x00"])
def test_a_guessed_nonce_answers_nothing(tmp_path: Path, nonce: str) -> None:
    """Whatever is in it."""
    number = asked(agent(tmp_path))
    with pytest.raises(Refused):
        approve(nonce, tmp_path)
    assert asked(agent(tmp_path)) == number


def test_the_nonce_answers_once_and_is_not_shown(tmp_path: Path) -> None:
    """A channel has it from the record; the asker's error does not."""
    with pytest.raises(ApprovalAsked) as refused:
        perform(DELETE, agent(tmp_path), TEXT)
    with records.open_record() as record:
        [waiting] = record.pending()
    assert len(waiting.nonce) >= 20 and waiting.nonce not in str(refused.value)
    approve(waiting.nonce, tmp_path)
    with pytest.raises(Refused):
        approve(waiting.nonce, tmp_path)


@pytest.mark.parametrize("kind", [Kind.MEMBER, Kind.AGENT, Kind.STRANGER])
@pytest.mark.parametrize("operation", [APPROVE, REFUSE])
def test_nobody_else_answers(tmp_path: Path, kind: Kind, operation: object) -> None:
    """Not with the right number either, nor the owner's name after another kind; nor the owner by words of others."""
    number = asked(agent(tmp_path))
    given = AnswerInput(which=str(number))
    for context in (
        Context(where=tmp_path, principal=Principal(kind, "owner"), origin=Origin.OWNER),
        Context(where=tmp_path, origin=Origin.FOREIGN),
        Context(where=tmp_path, origin=Origin.CLAW),
    ):
        with pytest.raises(NotAllowed):
            perform(operation, context, given)  # type: ignore[arg-type]
    assert asked(agent(tmp_path)) == number


def test_a_channel_approves_nothing_above_its_ceiling(tmp_path: Path) -> None:
    """Although it is the owner who writes; refusing is always possible."""
    number = asked(agent(tmp_path))
    chat = Context(where=tmp_path, address=Address("telegram", "7"), ceiling=Tier.COSTLY)
    with pytest.raises(Refused, match="terminal"):
        perform(APPROVE, chat, AnswerInput(which=str(number)))
    perform(REFUSE, chat, AnswerInput(which=str(number)))
    with pytest.raises(Refused, match="refused already"):
        approve(number, tmp_path)
    assert asked(agent(tmp_path), NoteInput(text="another")) != number


def test_a_no_is_told_and_not_asked_about_again(tmp_path: Path, clock: Clock) -> None:
    """The caller learns of it; the same call becomes no question for an hour."""
    number = asked(agent(tmp_path))
    perform(REFUSE, Context(where=tmp_path), AnswerInput(which=str(number)))
    with pytest.raises(Refused, match=f"the owner refused this call of `.*` as number {number}"):
        perform(DELETE, agent(tmp_path), TEXT)
    for other in (agent(tmp_path, "codex"), replace(agent(tmp_path), origin=Origin.FOREIGN)):  # it chooses its own name
        with pytest.raises(Refused, match=f"as number {number}"):
            perform(DELETE, other, TEXT)
    clock.now += records.REFUSED_S
    assert asked(agent(tmp_path)) != number


def test_at_most_three_wait(tmp_path: Path) -> None:
    """A flood does not push others out, nor pile up; the same question waits once."""
    own = agent(tmp_path)
    numbers = [asked(own, NoteInput(text=f"{n}")) for n in (1, 2, 3)]
    for n in range(4, 30):
        with pytest.raises(Refused, match="3 approvals wait"):
            perform(DELETE, own, NoteInput(text=f"{n}"))
    assert [asked(own, NoteInput(text=f"{n}")) for n in (1, 2, 3)] == numbers
    approve(numbers[1], tmp_path)
    asked(own, NoteInput(text="4"))


def test_others_leave_a_question_to_the_owner(tmp_path: Path) -> None:
    """Members, and agents in their turns, have two together, so that the owner's own claw can still ask."""
    mia = Context(where=tmp_path, principal=Principal(Kind.MEMBER, "Mia"), origin=Origin.MEMBER)
    theirs = replace(agent(tmp_path), for_others=True)
    others = [
        theirs,
        mia,
        replace(theirs, principal=Principal(Kind.AGENT, "codex")),
        replace(mia, principal=Principal(Kind.MEMBER, "Max")),
    ]
    for other, text in zip(others[:2], "ab", strict=True):
        asked(other, NoteInput(text=text))
    for number in range(10):
        with pytest.raises(Refused, match="2 approvals wait"):
            perform(DELETE, others[number % 4], NoteInput(text=f"{number}"))
    asked(agent(tmp_path), NoteInput(text="the owner's"))


def together(tmp_path: Path, code: str, argument: str) -> list[str]:
    """What several processes print that do the same at once."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", code, argument]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, env=environment, **pipes) for _ in range(PROCESSES)]  # type: ignore[call-overload]
    for process in running:
        assert process.stdout.readline() == "there\n"
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[0].strip() for process in running]


def test_processes_that_use_or_answer_one_approval_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answers, one uses it; the others are refused or ask anew."""
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    number = asked(agent(tmp_path))
    assert together(tmp_path, ANSWER, str(number)).count("done") == 1
    found = together(tmp_path, USE, str(tmp_path))
    assert found.count("done") == 1 and lines(tmp_path) == ["gone"]
    with records.open_record() as record:
        record.check()
        assert [each.used for each in record.recent() if each.number == number] == [True]


def test_what_is_shown_is_what_is_done(tmp_path: Path) -> None:
    """Foreign text cannot hide or add an option, end its quotes or forge a line; none of it is left out."""
    text = "x' --tag main `\n  2 pending  owner:me \x1b[2K\u202e; rm -rf / #" + "a" * 1500 + " and the end"
    with pytest.raises(ApprovalAsked):
        perform(IDEA_ADD, replace(agent(tmp_path), origin=Origin.FOREIGN), IdeaAddInput(text=text, tag="--help"))
    with records.open_record() as record:
        [waiting] = record.pending()
        shown = describe_approval(entry_of(waiting, record.now))
    assert shown.isprintable() and all(each in shown for each in ("\\n", "\\x1b", "\\u202e", "and the end"))
    call = shown.partition(" wants `")[2].partition("` (reversible) in ")[0]
    assert shlex.split(call) == ["idea", "add", printable(text, 5000), "--tag", "--help"]

    perform(REFUSE, Context(where=tmp_path), AnswerInput(which=str(waiting.number)))
    with pytest.raises(ApprovalAsked):
        perform(IDEA_ADD, replace(agent(tmp_path), origin=Origin.FOREIGN), IdeaAddInput(text="--tag", tag="t"))
    with records.open_record() as record:
        assert entry_of(record.pending()[0], record.now).call == "idea add --tag t -- --tag"


def test_the_folder_is_shown_whole(tmp_path: Path) -> None:
    """Two folders whose paths differ in the middle of a long one alone do not look alike."""
    folder = tmp_path.joinpath("a" * 200, "this", "b" * 200)
    folder.mkdir(parents=True)
    asked(agent(folder))
    with records.open_record() as record:
        assert f" in {folder}" in describe_approval(entry_of(record.pending()[0], record.now))


def test_what_is_not_unicode_does_not_pass_unrecorded(tmp_path: Path) -> None:
    """A folder that the record cannot name is refused to others, and noted to the owner; a text is asked about as it is."""
    asked(agent(tmp_path), NoteInput(text="a\udcff"))
    with records.open_record() as record:
        assert r"a\udcff" in describe_approval(entry_of(record.pending()[0], record.now))
    with pytest.raises(Refused, match="no such approval"):
        approve("\udcff", tmp_path)
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    odd.mkdir()
    with pytest.raises(UserError, match="not UTF-8"):
        perform(DELETE, agent(odd), TEXT)
    with pytest.raises(UserError, match="not UTF-8"):
        perform(NOTE, agent(odd), TEXT)
    assert lines(odd) == []
    said: list[str] = []
    perform(NOTE, Context(where=odd, say=said.append), TEXT)
    assert lines(odd) == ["gone"] and "not in the record" in said[0]


def test_what_a_person_would_not_read_is_not_asked(tmp_path: Path) -> None:
    """A call that is too long is refused."""
    with pytest.raises(Refused, match="too long"):
        perform(DELETE, agent(tmp_path), NoteInput(text="a" * 5000))


def test_a_name_cannot_pose_as_another() -> None:
    """Only a known kind and plain characters make a principal."""
    for text in (
        "owner",
        "root:x",
        "agent:",
        "agent:a b\nowner:me",
        "agent:" + "a" * 65,
        "Agent:x",
        "agent:é",
        ":x",
        "agent:-",
    ):
        with pytest.raises(UserError, match="no principal"):
            Principal.parse(text)
    assert str(Principal.parse("agent:Claude Code 2.1")) == "agent:Claude Code 2.1"


def test_a_changed_record_is_noticed(tmp_path: Path) -> None:
    """A question that was made another after it was asked breaks the chain, which `check` finds."""
    asked(agent(tmp_path))
    with records.open_record() as record:
        record._store._db.execute("UPDATE events SET body = replace(body, 'gone', 'kept')")
        with pytest.raises(LedgerCorrupt):
            record.check()
