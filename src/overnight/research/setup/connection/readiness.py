"""What the tuner of a campaign would find in the head, looked at before a trial is spent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.program.program import Program
from overnight.research.loop.campaign import Campaign
from overnight.research.researchers.mutator.noticing import refusal
from overnight.research.researchers.tuner.readiness import Hindrance, hindrance
from overnight.research.researchers.tuner.target import Target
from overnight.research.setup.connection.liveness import prover_of, require_life, target_of
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
        UserError: nobody but the tuner would propose anything, and it cannot, or nothing would come of it.
    """
    state, tuner = campaign.journal.state, ready_tuner(campaign)
    require_notice(state.program, say)
    if tuner is None:
        return
    if tuner.hindered and not state.tally.trials and state.program.tuner_alone:
        raise UserError(tuner.hindered.why, fix=tuner.hindered.fix)
    say(tuner.notes)
    await require_life(campaign, tuner.target)


def require_notice(program: Program, say: Callable[[Sequence[str]], None]) -> None:
    """Say that the mutator will not start, if nothing would notice what it breaks.

    Raises:
        UserError: the mutator is alone.
    """
    uses = {spec.use for spec in program.researchers}
    if "mutator" not in uses or not (refused := refusal(program)):
        return
    if uses == {"mutator"}:
        raise UserError(refused.why, fix=refused.fix)
    say((f"{refused.why}; {refused.fix}",))


def ready_tuner(campaign: Campaign) -> TunerReadiness | None:
    """What the tuner can do with the head; None if the program has no tuner."""
    program = campaign.journal.state.program
    if not any(spec.use == "tuner" for spec in program.researchers):
        return None
    target = target_of(prover_of(campaign))
    return TunerReadiness(target=target, hindered=hindrance(program, target))
