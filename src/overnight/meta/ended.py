"""What an inner campaign that has ended came to, by its ledger.

The file of its result is a copy: a result that was changed, damaged or lost is read again from the ledger, whose entries are a
chain of hashes. Does not cover: a ledger that was rewritten as a whole, or a result that was turned into a failure, by our own
user.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from overnight.errors import InternalError
from overnight.files.atomic import write_atomically
from overnight.gate.trial import Arm, Fault, Stage
from overnight.ledger.file import NAME
from overnight.meta.record import RESULT, finished, ledger_folder
from overnight.meta.tallies import by_purpose, by_role
from overnight.meta.task import Blame, InnerResult
from overnight.research.events import AuditConcluded, AuditOpened, Event, TrialFinished
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore


def ended(folder: Path) -> InnerResult | None:
    """What the inner campaign in a folder came to; None if it has not ended.

    Raises:
        OvernightError: its ledger was changed, or a file of it is a link.
    """
    known = finished(folder)
    if (known and known.blame) or not (folder / NAME).exists():  # an organisation that cannot work may have no ledger
        return known if known and known.blame == Blame.ORGANISATION else None
    shown = result_of(folder, cpu_s=known.cpu_s if known else 0.0)
    if shown != known:
        write_atomically(folder / RESULT, shown.text().encode())
    return shown


def result_of(folder: Path, *, cpu_s: float) -> InnerResult:
    """What the record of a campaign comes to that has ended; `cpu_s` is what is not in it."""
    with closing(SqliteLedger.for_reading(ledger_folder(folder))) as ledger:
        state, entries = restore(ledger), list(ledger.events())
    if state is None:
        raise InternalError(f"the record of the inner campaign in {folder} is empty")
    events = [entry.event for entry in entries]
    audited = state.audit.concluded if state.audit else None
    total, purposes = audited.total if audited else None, by_purpose(events)
    found = InnerResult(
        progress=total.gain if total else 0.0,
        low=total.low if total else None,
        high=total.high if total else None,
        trials=sum(int(one["trials"]) for stage, one in purposes.items() if stage != "audit"),
        kept=len(state.kept),
        experiments=state.tally.experiments,
        tokens=state.tally.tokens,
        cost_usd=state.tally.cost_usd,
        elapsed_s=state.elapsed_s,
        cpu_s=cpu_s,
        ledger=entries[-1].digest,
        by_role=by_role(events),
        by_purpose=purposes,
    )
    if (blame := unmeasured(events)) is None:
        return found
    why = audited.reason if audited else ""
    return replace(found, progress=None, failure=f"what was kept could not be audited: {why}", blame=blame)


def unmeasured(events: Sequence[Event]) -> Blame | None:
    """Who is to blame if the newest audit came to no value; None if it came to one, or there is none.

    What was kept and fails in the audit is the organisation's: counted as no gain, it would be better than a loss.
    """
    failed: set[Arm] = set()
    blame = None
    for event in events:
        match event:
            case AuditOpened():
                failed, blame = set(), None
            case TrialFinished(trial=trial) if trial.key.stage is Stage.AUDIT and trial.value is None:
                failed |= set() if trial.fault is Fault.PREPARE else {trial.key.arm}
            case AuditConcluded() if event.total is None:
                blame = Blame.ORGANISATION if failed == {Arm.CANDIDATE} else Blame.TARGET
            case _:
                pass
    return blame
