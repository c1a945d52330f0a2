"""A session among the loops of this machine: what it says of itself, how it ends, and a registry that is broken."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from builders import baseline, concluded, opened, proposed, stopped, trial
from targets import repository_of

from overnight.cli.in_registry import _OUTCOMES, in_registry
from overnight.gate.verdict import Verdict
from overnight.jobs.entries import read_entry
from overnight.jobs.loop import Outcome
from overnight.jobs.records import loops_folder
from overnight.jobs.setups import put_up
from overnight.jobs.upkeep import Setup
from overnight.research.ending import EndReason
from overnight.research.loop.journal import Journal
from overnight.research.places.loops import campaign_loop
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin, fold
from overnight.research.views.session import audit_words, session_words


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    return tmp_path


def session(folder: Path, reason: EndReason) -> Sequence[str]:
    """A session that ends for this reason; what the user was told."""
    repository, notes = repository_of(folder / "repo", {"a": ""}), list[str]()

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            with in_registry(tasks, repository, journal, notes.extend) as ended:
                await anyio.lowlevel.checkpoint()
                ended(stopped(reason, "as the detail says"))
            tasks.cancel_scope.cancel()

    with closing(SqliteLedger(folder)) as ledger:
        ledger.append(opened())
        journal = Journal(ledger, begin(opened()))
        put_up(loops_folder(), Setup(loop=campaign_loop(repository, "t"), wanted=True), 0.0)
        anyio.run(run)
    return notes


def test_every_reason_has_an_outcome() -> None:
    """So no session fails at its very end."""
    assert set(_OUTCOMES) == set(EndReason)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (EndReason.BUDGET, Outcome.DONE),
        (EndReason.SESSION, Outcome.OVER),
        (EndReason.STOP, Outcome.STOPPED),
        (EndReason.SIGNAL, Outcome.SIGNAL),
        (EndReason.MODELS, Outcome.MISTAKE),
    ],
)
def test_the_end_of_a_session_is_the_end_of_its_loop(folder: Path, reason: EndReason, outcome: Outcome) -> None:
    """With its reason, for the supervisor."""
    assert session(folder, reason) == []
    found = read_entry(next(path for path in loops_folder().iterdir() if path.is_dir()))
    assert found is not None and found.ended is not None and found.ended.outcome is outcome
    assert found.ended.reason == "as the detail says"


def test_a_registry_that_cannot_be_written_keeps_no_session_from_running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user is told that `ps` does not show it."""
    monkeypatch.setattr("overnight.cli.in_registry.loops_folder", lambda: folder / "link/loops")
    (folder / "elsewhere").mkdir()
    (folder / "link").symlink_to(folder / "elsewhere")
    (note,) = session(folder, EndReason.BUDGET)
    assert note.startswith("`overnight ps` does not show this session: ") and "is a link" in note
    assert list((folder / "elsewhere").iterdir()) == []


def test_what_a_session_does_is_said_in_a_few_words() -> None:
    """From its state."""
    state = begin(opened())
    assert (session_words(state), audit_words(state)) == ("0 trials, nothing proposed yet", "an audit")
    state = fold(state, (baseline(0, 1.0), proposed(1), trial(1), concluded(1, Verdict.DISCARD), proposed(2)))
    assert session_words(state) == "1 experiment, 0 kept; 1 open"
