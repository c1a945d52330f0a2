"""What weakens the evidence of a campaign, from its state."""

from overnight.gate.caution import cautions, of_one_draw
from overnight.gate.noise import noise_kind
from overnight.program.program import Noise
from overnight.research.state import State


def cautions_of(state: State) -> tuple[str, ...]:
    """What weakens the evidence of a campaign in this state."""
    exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
    return cautions(state.unjailed, state.strayed, one_draw=of_one_draw(state.program, exact=exact, kept=len(state.kept)))
