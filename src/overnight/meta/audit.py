"""A session of an audit of organisations: the ordinary audit, whose trials are inner campaigns on every target."""

from collections.abc import Callable
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.gate.audit import Longer
from overnight.gate.trial import Arm
from overnight.git.repository import Repository
from overnight.meta.beginning import check_unchanged
from overnight.meta.report import MetaReport, search_of
from overnight.meta.wiring import charter_of, meta_kind, recorded
from overnight.meta.workers import workers
from overnight.research.audit import times_of
from overnight.research.events import Sign, Stopped, TrialFinished
from overnight.research.loop.stop import Stop
from overnight.research.state import State
from overnight.research.wiring import SessionRequest, open_audit
from overnight.words.quantities import counted, duration


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSize:
    """How much is measured."""

    pairs: int  # of start and head
    times: int  # inner budgets of a longer campaign; 0: none is run
    blocks: int  # that have one
    head: bool  # the head also runs for as long
    leave_one_out: bool

    @property
    def longer(self) -> Longer | None:
        """The trials with a longer budget."""
        return Longer(times=self.times, blocks=min(self.blocks, self.pairs), head=self.head) if self.times else None


async def audit_session(
    repository: Repository, request: SessionRequest, state: State, size: AuditSize, say: Callable[[str], None]
) -> Stopped:
    """Measure until the audit is concluded; what is finished is on disk before the next step."""
    stop, charter, began = Stop(), charter_of(repository, state), recorded(repository, state.tag)
    if began is None:
        raise UserError(f"the meta-campaign `{state.tag}` has not begun", fix="start it with `overnight meta run`")
    check_unchanged(charter, began, state.tag)

    def see(sign: Sign) -> None:
        if isinstance(sign, TrialFinished):
            say(trial_line(sign))

    async with workers() as hands:
        kind = meta_kind(charter, began, repository, hands)
        with open_audit(repository, request, stop, [see], kind=kind) as audit:
            return await audit.run(pairs=size.pairs, leave_one_out=size.leave_one_out, longer=size.longer)


def planned(found: MetaReport, size: AuditSize, targets: int, slots: int) -> str:
    """How much it will run, and how long that may take by what the search took."""
    longer = size.longer
    usual, beside = 2 * size.pairs * targets, longer.blocks * (1 + longer.head) * targets if longer else 0
    search = search_of(found.outcome)
    seconds = 3600 * search.hours / (found.share * targets) * (usual + beside * size.times) / slots
    also = f" and {counted(beside, 'longer one')} with {size.times} times the budget" if beside else ""
    return f"audit: {counted(usual, 'inner campaign')}{also}, about {duration(seconds)}"


def trial_line(finished: TrialFinished) -> str:
    """What one trial of it came to."""
    trial = finished.trial
    which = "start" if trial.key.arm is Arm.BASELINE else "head"
    without = f"head without #{trial.key.experiment}" if trial.key.experiment else which
    longer = f", {times} budgets" if (times := times_of(trial.key)) > 1 else ""
    value = trial.reason if trial.value is None else f"{trial.value:.3g} spreads"
    return f"audit: pair {trial.key.index + 1}, {without}{longer}: {value}"
