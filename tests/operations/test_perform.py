"""The door: who may do what by themselves; what has an effect is recorded, looked at again, and never repeated blindly."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_operations import NoteInput, lines, make

from overnight.errors import InternalError, UserError
from overnight.operations.call import CallState
from overnight.operations.operation import Context, Settled, Tier
from overnight.operations.perform import ApprovalAsked, Unsettled, perform
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Kind, Origin, Principal
from overnight.operations.record import open_record

AGENT = Principal(Kind.AGENT, "claude")
KILLED = """
import os, signal, sys
from pathlib import Path
from toy_operations import NoteInput, make, write
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import perform
def run(context, given):
    if sys.argv[2] == "after":
        write(context, given)
    print("there", flush=True)
    signal.pause()
perform(make(Tier.REVERSIBLE), Context(where=Path(sys.argv[1])), NoteInput(text=sys.argv[3]), run=run)
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "overnight" / "operations"


def outcomes() -> list[tuple[str, str]]:
    """What became of each recorded call, oldest first, and the detail."""
    with open_record() as record, record._store.reading() as db:
        return [(str(a), str(b)) for a, b in db.execute("SELECT outcome, detail FROM calls ORDER BY seq")]


def as_agent(folder: Path, **more: object) -> Context:
    """A call of an agent."""
    return Context(where=folder, principal=AGENT, origin=Origin.CLAW, **more)  # type: ignore[arg-type]


def test_a_read_leaves_no_record(tmp_path: Path, state: Path) -> None:
    """Nothing is opened, also for an agent."""
    assert perform(make(Tier.READ), as_agent(tmp_path), NoteInput(text="")).text == ""
    assert not state.exists()


def test_the_owner_s_calls_go_through_and_are_recorded(tmp_path: Path, state: Path) -> None:
    """Of every tier; the record is a chain that only the owner can read."""
    for tier in list(Tier)[1:]:
        assert perform(make(tier), Context(where=tmp_path), NoteInput(text=tier.value)).text == tier
    assert outcomes() == [("done", "")] * 4 and len(lines(tmp_path)) == 4
    assert state.stat().st_mode & 0o77 == 0 and (state / "ledger.db").stat().st_mode & 0o77 == 0
    with open_record() as record:
        record.check()
    assert list((state / "running").iterdir()) == []


@pytest.mark.parametrize(
    ("principal", "origin", "most"),
    [
        (Principal(Kind.OWNER, "me"), Origin.OWNER, Tier.PHYSICAL),
        (Principal(Kind.OWNER, "me"), Origin.CLAW, Tier.REVERSIBLE),
        (Principal(Kind.OWNER, "me"), Origin.FOREIGN, Tier.READ),
        (Principal(Kind.MEMBER, "ann"), Origin.MEMBER, Tier.REVERSIBLE),
        (Principal(Kind.MEMBER, "ann"), Origin.OWNER, Tier.REVERSIBLE),
        (AGENT, Origin.CLAW, Tier.REVERSIBLE),
        (AGENT, Origin.TOOL, Tier.READ),
    ],
)
def test_what_is_above_the_lower_of_principal_and_origin_is_asked(
    tmp_path: Path, principal: Principal, origin: Origin, most: Tier
) -> None:
    """Every tier above it raises, and nothing happens."""
    context = Context(where=tmp_path, principal=principal, origin=origin)
    worse = [tier for tier in Tier if tier.exceeds(most)]
    for tier in set(Tier) - set(worse):
        perform(make(tier), context, NoteInput(text=tier.value))
    before = lines(tmp_path)
    for tier in worse[:2]:  # so many may wait
        with pytest.raises(ApprovalAsked):
            perform(make(tier), context, NoteInput(text="no"))
    assert lines(tmp_path) == before


def test_a_channel_has_a_ceiling(tmp_path: Path) -> None:
    """Also for the owner."""
    context = Context(where=tmp_path, ceiling=Tier.READ)
    with pytest.raises(ApprovalAsked):
        perform(make(Tier.REVERSIBLE), context, NoteInput(text="x"))


def test_what_leaves_the_machine_is_asked_if_foreign_words_chose_it(tmp_path: Path) -> None:
    """Although it only reads."""
    operation = make(Tier.READ, egress=True)
    perform(operation, Context(where=tmp_path), NoteInput(text="x"))
    with pytest.raises(ApprovalAsked):
        perform(operation, Context(where=tmp_path, origin=Origin.FOREIGN), NoteInput(text="x"))


def test_an_input_can_raise_the_tier(tmp_path: Path) -> None:
    """Then the call of an agent that would go through is asked."""
    operation = make(Tier.REVERSIBLE, raised=lambda _, given: Tier.COSTLY if given.loud else Tier.REVERSIBLE)
    perform(operation, as_agent(tmp_path), NoteInput(text="x"))
    with pytest.raises(ApprovalAsked):
        perform(operation, as_agent(tmp_path), NoteInput(text="x", loud=True))


def test_strangers_and_what_is_the_owner_s_alone(tmp_path: Path, state: Path) -> None:
    """Are refused without a question."""
    stranger = Context(where=tmp_path, principal=Principal(Kind.STRANGER, "x"))
    for tier in (Tier.READ, Tier.COSTLY):
        with pytest.raises(NotAllowed):
            perform(make(tier), stranger, NoteInput(text=""))
    alone = make(Tier.REVERSIBLE, owner_only=True)
    for context in (as_agent(tmp_path), Context(where=tmp_path, origin=Origin.CLAW)):
        with pytest.raises(NotAllowed):
            perform(alone, context, NoteInput(text="x"))
    assert not state.exists()


def test_what_became_of_it_is_recorded(tmp_path: Path) -> None:
    """A user's mistake failed; an error after the effect is read back; success that is not found is no success."""
    context = Context(where=tmp_path)
    for text, error in (("wrong", UserError), ("crash", RuntimeError), ("lost", InternalError)):
        with pytest.raises(error):
            perform(make(Tier.REVERSIBLE), context, NoteInput(text=text))
    said: list[str] = []
    perform(make(Tier.REVERSIBLE), Context(where=tmp_path, say=said.append), NoteInput(text="well?"))
    found = outcomes()
    assert [outcome for outcome, _ in found] == ["failed", "done", "failed", "unknown"]
    assert found[0][1] == "a wrong note" and "not known" in said[0]


def killed(folder: Path, when: str, text: str) -> None:
    """A call whose process is killed before or after its effect."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", KILLED, str(folder), when, text]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline()
        with pytest.raises(UserError, match="under way"):
            perform(make(Tier.REVERSIBLE), Context(where=folder), NoteInput(text=text))
        process.send_signal(signal.SIGKILL)


def test_a_call_under_way_at_a_kill_is_read_back(tmp_path: Path, state: Path) -> None:
    """One that took effect is not repeated unless it is called again; one that did not is; meanwhile it is not done twice."""
    operation, context = make(Tier.REVERSIBLE), Context(where=tmp_path)
    killed(tmp_path, "after", "one")
    with pytest.raises(Unsettled, match="took effect"):
        perform(operation, context, NoteInput(text="one"))
    assert lines(tmp_path) == ["one"]
    perform(operation, context, NoteInput(text="one"))
    killed(tmp_path, "before", "two")
    perform(operation, context, NoteInput(text="two"))
    assert lines(tmp_path) == ["one", "one", "two"]
    assert [outcome for outcome, _ in outcomes()] == ["done", "done", "failed", "done"]
    assert list((state / "running").iterdir()) == []


def test_what_looks_again_knows_since_when(tmp_path: Path) -> None:
    """It is given when the call that was cut off began, so that what was done before is not taken for its effect."""
    seen: list[float] = []

    def look(context: Context, _given: NoteInput, found: object) -> Settled:
        seen.append(context.since)
        return Settled.NOT_DONE if found is None else Settled.DONE

    before = time.time()
    killed(tmp_path, "before", "one")
    between = time.time()
    perform(make(Tier.REVERSIBLE, read_back=look), Context(where=tmp_path), NoteInput(text="one"))
    assert before <= seen[0] <= between and seen[1:] == [0.0]


def test_what_cannot_be_read_back_is_asked_about(tmp_path: Path) -> None:
    """The owner is told once; somebody else needs the owner's approval to repeat it."""
    operation, context = make(Tier.REVERSIBLE), Context(where=tmp_path)
    killed(tmp_path, "after", "sent?")
    with pytest.raises(Unsettled, match="may have taken effect"):
        perform(operation, context, NoteInput(text="sent?"))
    assert lines(tmp_path) == ["sent?"]
    perform(operation, context, NoteInput(text="sent?"))
    perform(operation, as_agent(tmp_path), NoteInput(text="other?"))
    with pytest.raises(ApprovalAsked):
        perform(operation, as_agent(tmp_path), NoteInput(text="other?"))
    assert lines(tmp_path) == ["sent?", "sent?", "other?"]


def test_the_owner_is_served_without_a_record_and_nobody_else(tmp_path: Path, state: Path) -> None:
    """A broken record stops no `stop` of the owner's; an agent's call fails closed."""
    state.mkdir(parents=True, mode=0o700)
    (state / "ledger.db").write_bytes(b"no database" * 1000)
    said: list[str] = []
    perform(make(Tier.REVERSIBLE), Context(where=tmp_path, say=said.append), NoteInput(text="x"))
    assert "is not in the record" in said[0] and lines(tmp_path) == ["x"]
    with pytest.raises(Exception, match="corrupted"):
        perform(make(Tier.REVERSIBLE), as_agent(tmp_path), NoteInput(text="y"))
    assert lines(tmp_path) == ["x"]


def test_an_unknown_outcome_is_not_forgotten(tmp_path: Path) -> None:
    """The newest outcome of a call is what counts."""
    perform(make(Tier.REVERSIBLE), Context(where=tmp_path), NoteInput(text="a?"))
    with open_record() as record:
        [digest] = record._store._db.execute("SELECT digest FROM calls").fetchone()
        assert record.last_outcome(digest) is CallState.UNKNOWN and record.last_outcome("other") is None


def test_no_secret_is_in_the_record(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what is given nor in an error; a call with one is done, and nobody is asked about it."""
    canary = "cAnArY0123456789zz"
    monkeypatch.setenv("SOME_API_KEY", canary)
    operation = make(Tier.COSTLY)
    assert perform(operation, Context(where=tmp_path), NoteInput(text=f"use {canary}")).text == f"use {canary}"

    def fail(_context: Context, _given: NoteInput) -> None:
        raise UserError(f"{canary} is refused")

    with pytest.raises(UserError, match=canary):
        perform(operation, Context(where=tmp_path), NoteInput(text="x"), run=fail)
    with pytest.raises(UserError, match="is given a secret"):
        perform(operation, as_agent(tmp_path), NoteInput(text=f"use {canary}"))
    assert outcomes() == [("done", ""), ("failed", "[hidden] is refused")]
    written = b"".join(path.read_bytes() for path in state.glob("ledger.db*"))
    assert b"use [hidden]" in written and canary[:8].encode() not in written


def test_what_is_given_is_not_recorded_if_the_secrets_cannot_be_read(tmp_path: Path, state: Path) -> None:
    """The owner is served all the same."""
    broken = state.parent / "secrets" / "secrets.json"
    broken.parent.mkdir(parents=True, mode=0o700)
    broken.write_text("no JSON")
    broken.chmod(0o600)
    perform(make(Tier.REVERSIBLE), Context(where=tmp_path), NoteInput(text="plain words"))
    assert lines(tmp_path) == ["plain words"] and outcomes() == [("done", "")]
    assert b"plain words" not in b"".join(path.read_bytes() for path in state.glob("ledger.db*"))
