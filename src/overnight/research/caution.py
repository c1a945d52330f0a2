"""What weakens the evidence of a campaign, and which of its keeps a person should look at, from its state."""

from collections.abc import Mapping

from overnight.gate.caution import cautions, of_one_draw
from overnight.gate.noise import noise_kind
from overnight.gate.plausibility import doubts, look_at
from overnight.program.program import Noise
from overnight.research.state import State


def cautions_of(state: State) -> tuple[str, ...]:
    """What weakens the evidence of a campaign in this state."""
    exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
    return cautions(state.unjailed, state.strayed, one_draw=of_one_draw(state.program, exact=exact, kept=len(state.kept)))


def doubts_of(state: State) -> Mapping[int, tuple[str, ...]]:
    """What makes values of kept changes hard to believe, by experiment; those that raise no doubt are left out."""
    known = [(kept.number, kept.levels) for kept in state.kept if kept.levels]
    found = {
        number: doubts(state.program.metric, levels, [earlier for _, earlier in known[:place]])
        for place, (number, levels) in enumerate(known)
    }
    return {number: each for number, each in found.items() if each}


def to_look_at(state: State) -> tuple[str, ...]:
    """The same as lines for people, the oldest first."""
    return tuple(look_at(number, found) for number, found in doubts_of(state).items())
