"""What a proof of a gain would cost, before there is one: for researchers that decide what is worth a proof."""

import math

from overnight.gate.error_budget import level_of
from overnight.gate.gate import HEAD_TRIALS
from overnight.gate.memory import GateMemory
from overnight.gate.noise import noise_report, pairs_for
from overnight.program.program import Program

EXACT = 2  # trials of a win on a target without noise: it is run twice


def proof_trials(program: Program, memory: GateMemory, gain: float) -> float:
    """How many trials the proof of such a gain takes in 4 cases out of 5, and the new head after it; infinite: none will do.

    `gain` is in the metric's units, better if positive.
    """
    wanted = program.metric.min_effect or 0.0
    if not (gain > 0.0 and gain >= wanted):  # NaN is no gain
        return math.inf
    report = noise_report(program, memory)
    if report.deterministic:
        return EXACT
    if program.gate.expensive and not report.known:
        return 2.0 * program.gate.max_pairs
    if report.smallest_effect is None or gain < report.smallest_effect:
        return math.inf
    level = level_of(program.gate.error_rate, test=memory.tests + 1, keeps=memory.keeps, expensive=program.gate.expensive)
    pairs = pairs_for(gain, paired_sigma=report.paired_sigma, level=level)
    return 2.0 * min(pairs, program.gate.max_pairs) + (0 if program.gate.expensive else HEAD_TRIALS)
