"""What an audit says of a kept change that it cannot leave out: real ledger, commits in memory."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import anyio
import pytest
from builders import advanced, change, concluded, opened, proposed
from memory_history import MemoryHistory, repository

from overnight.gate.audit import LeftOut
from overnight.gate.verdict import Verdict
from overnight.git.deadline import Deadline
from overnight.git.port import FileChange
from overnight.research.loop import audit
from overnight.research.loop.audit import Audit
from overnight.research.loop.journal import Journal
from overnight.research.loop.kept_parts import TOO_LONG
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin


class Answers(MemoryHistory):
    """Merges as it is told to: `!` is a conflict, `.` is none."""

    answers = ""

    def merge(self, *, base: str, head: str, commit: str, deadline: Deadline | None = None) -> Sequence[FileChange] | None:
        answer, self.answers = self.answers[:1], self.answers[1:]
        return None if answer == "!" else ()


@pytest.mark.parametrize(
    ("answers", "undo_s", "reason"),
    [
        ("!.!", 60.0, "#3 changed the same lines after it"),
        ("!..", 60.0, TOO_LONG),  # only with the head, whose merge took too long
        ("!!!", 0.0, TOO_LONG),  # what is no conflict of texts names no change
    ],
)
def test_why_a_change_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str, undo_s: float, reason: str
) -> None:
    """The later keep that conflicts with undoing it, or that git takes too long; either is an answer, never a crash."""
    monkeypatch.setattr(audit, "UNDO_S", undo_s)
    history = Answers(repository({"train.py": b"LR = 0\n"}))
    history.answers = answers
    with closing(SqliteLedger(tmp_path)) as ledger:
        first = replace(opened(), start=history.resolve_start())
        ledger.append(first)
        journal = Journal(ledger, begin(first))
        for number in (1, 2, 3):
            head = journal.state.head
            edit = [change("train.py", b"LR = %d\n" % number)]
            commit = history.record_attempt(tag="t", number=number, base=head, changes=edit, message="m")
            kept = replace(advanced(number, old=head), new=commit)
            journal.record(proposed(number, base=head, commit=commit), concluded(number, Verdict.KEEP), kept)
        unused = cast("Any", None)
        one = Audit(journal=journal, head=unused, scheduler=unused, history=history, stop=unused)

        async def left_out() -> LeftOut:
            return await anyio.to_thread.run_sync(one._without, journal.state, 1, journal.state.kept[0])

        assert anyio.run(left_out) == LeftOut(number=1, commit="", reason=reason)
