"""What the tuner and the mutator of a campaign would find in the head, looked at before a trial is spent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.program.program import Program
from overnight.research.loop.campaign import Campaign
from overnight.research.researchers.mutator.landscape import NO_CODE, has_work
from overnight.research.researchers.mutator.noticing import idle_refusal, refusal
from overnight.research.researchers.tuner.readiness import Hindrance, hindrance
from overnight.research.researchers.tuner.target import Target
from overnight.research.setup.connection.liveness import editable_texts, prover_of, require_life, target_of
from overnight.research.views.connection import Connection, MutatorReadiness, Outcome
from overnight.words.foreign import printable

MOST_SKIPPED = 3  # in notes
NAME = 40  # characters of a constant's name


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerReadiness:
    """What the tuner can do in a campaign."""

    target: Target
    hindered: Hindrance | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the values that it can move."""
        return tuple(printable(dimension.constant.name, NAME) for dimension in self.target.space)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know about it before the baseline."""
        if self.hindered:
            return (f"{self.hindered.why}; {self.hindered.fix}",)
        return tuple(f"the tuner skips a file: {reason}" for reason in self.target.skipped[:MOST_SKIPPED])


async def require_work(campaign: Campaign, say: Callable[[Sequence[str]], None]) -> None:
    """Say what to know about the tuner before the baseline.

    Raises:
        UserError: nobody but the tuner and the mutator would propose anything, and they cannot, or nothing would come of it.
    """
    state, tuner = campaign.journal.state, ready_tuner(campaign)
    refused = require_notice(campaign)
    alone = not state.tally.trials and is_tuner_alone(state.program, refused)
    if tuner is None:
        return
    if tuner.hindered and alone:
        say(refusal_notes(refused))
        raise UserError(tuner.hindered.why, fix=tuner.hindered.fix)
    say(tuner.notes)
    if alone:
        await require_life(campaign, tuner.target)


def require_notice(campaign: Campaign) -> Hindrance | None:
    """Why the mutator will not start, as far as no run is needed to know it; None if it may, or there is none.

    Raises:
        UserError: the mutator is alone.
    """
    program = campaign.journal.state.program
    uses = {spec.use for spec in program.researchers}
    if "mutator" not in uses:
        return None
    refused = refusal(program)
    if refused is None and not has_work(editable_texts(prover_of(campaign))):
        refused = Hindrance(why=NO_CODE, fix="name code in `editable`")
    if refused and uses == {"mutator"}:
        raise UserError(refused.why, fix=refused.fix)
    return refused


def refusal_notes(refused: Hindrance | None) -> tuple[str, ...]:
    """What to know about the mutator before the baseline."""
    return (f"{refused.why}; {refused.fix}",) if refused else ()


def mutator_readiness(program: Program, refused: Hindrance | None, found: Connection) -> MutatorReadiness | None:
    """Whether the mutator will start, also by what breaking all editable files showed; None if there is none."""
    if all(spec.use != "mutator" for spec in program.researchers):
        return None
    read = found.with_outcome(Outcome.FAILS, Outcome.MOVES)
    refused = refused or idle_refusal(program, found.idle_checks, read)
    return MutatorReadiness(refuses=refused.why, fix=refused.fix) if refused else MutatorReadiness()


def is_tuner_alone(program: Program, refused: Hindrance | None) -> bool:
    """Whether nobody but the tuner proposes anything; `refused`: why the mutator does not."""
    return {spec.use for spec in program.researchers if not (refused and spec.use == "mutator")} == {"tuner"}


def ready_tuner(campaign: Campaign) -> TunerReadiness | None:
    """What the tuner can do with the head; None if the program has no tuner."""
    program = campaign.journal.state.program
    if not any(spec.use == "tuner" for spec in program.researchers):
        return None
    target = target_of(prover_of(campaign))
    return TunerReadiness(target=target, hindered=hindrance(program, target))
