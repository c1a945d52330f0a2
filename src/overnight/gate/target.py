"""Whether the head has reached the program's target, beyond noise."""

import math

from overnight.gate.memory import GateMemory
from overnight.gate.noise import noise_kind
from overnight.program.program import Noise, Program

SURE = 2.0  # standard errors by which fresh trials of the head must clear the target
LEAST = 3  # fresh trials before their scatter says anything


def head_reached_target(program: Program, memory: GateMemory) -> bool:
    """Whether the head, as the gate remembers it, has reached the program's target."""
    exact = noise_kind(program, memory) is Noise.DETERMINISTIC
    return target_reached(program, memory.baseline, exact=exact)


def target_reached(program: Program, fresh: tuple[float, ...], *, exact: bool) -> bool:
    """Whether the mean of the head's fresh trials clears the target by two standard errors, or at all if trials are `exact`.

    Trials that won a keep are not among `fresh`, so a lucky winner does not reach a target.
    """
    if program.target is None or len(fresh) < (1 if exact else LEAST):
        return False
    mean = math.fsum(fresh) / len(fresh)
    lead = program.metric.gain(program.target, mean)
    if exact:
        return lead >= 0
    variance = math.fsum((value - mean) ** 2 for value in fresh) / (len(fresh) - 1)
    return lead >= SURE * math.sqrt(variance / len(fresh))
