"""What a person reads at the end of a session."""

import math

from overnight.gate.caution import basis
from overnight.gate.verdict import Conclusion
from overnight.git.port import branch_of
from overnight.research.caution import cautions_of, to_hold, to_look_at
from overnight.research.ending import TO_FIX, EndReason
from overnight.research.events import Stopped
from overnight.research.state import State
from overnight.research.views.numbers import estimated, half_way, money, number, replaced
from overnight.research.views.providers import provider_lines
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration


def proof(conclusion: Conclusion) -> str:
    """How much better a kept change is, and how sure that is, in one line."""
    parts = [f"better by {number(conclusion.gain)}"]
    if conclusion.low is not None and conclusion.low != conclusion.high:
        parts.append(f"{conclusion.confidence:.0%} interval {number(conclusion.low)} to {number(conclusion.high)}")
    parts.append(printable(conclusion.reason, 300))
    if conclusion.log_e is not None and conclusion.level:
        parts.append(f"evidence {math.exp(min(conclusion.log_e, 700)):.0f} to 1, {1 / conclusion.level:.0f} to 1 was required")
    if conclusion.holdout_gain is not None:
        parts.append("confirmed on the sealed holdout")
    return "; ".join(parts)


def summary(stopped: Stopped, state: State, report: str = "", picture: str = "") -> str:
    """What a person reads at the end; `report` and `picture` say where these files are, if they were written."""
    tally = state.tally
    used = f"{counted(tally.experiments, 'experiment')} in {counted(tally.trials, 'trial')}, {duration(stopped.elapsed_s)}"
    lines = [f"{stopped.ending.detail}; {used}"]
    if stopped.ending.reason is EndReason.BUDGET:
        lines.append(f"To continue, raise `budget` in {state.program.path} and run again.")
    if stopped.ending.reason in TO_FIX:
        lines.append("To continue, fix that and run again: `overnight agents test ROLE` tries a researcher alone.")
    lines += [f"provider  {line}" for line in provider_lines(state.providers.values(), ended=True)]
    if tally.cost_usd and state.kept:
        guessed = estimated(sum(used.estimated for used in state.usage.values()))
        lines.append(
            f"cost      {money(tally.cost_usd)} for models{guessed}, {money(tally.cost_usd / len(state.kept))} a kept change"
        )
    if not state.kept and tally.experiments:
        lines.append(
            f"Nothing was kept: no change was proven better beyond noise. `{state.program.command} log` shows what was tried."
        )
    elif not state.kept:
        lines.append("Nothing was kept: no experiment was finished.")
    lines += [f"#{o.proposed.number} {half_way(o)}: `{state.program.command} run` continues it" for o in state.open]
    for kept in state.kept:
        lines.append(f"kept #{kept.number}: {printable(kept.hypothesis, 200)}{replaced(kept.replaced_by)}")
        lines.append(f"    {state.program.metric.name} {proof(kept.conclusion)}")
    lines += [f"WARNING   {caution}" for caution in cautions_of(state)]
    lines += [f"basis     {basis(state.program)}"] if state.kept and basis(state.program) else []
    lines += [f"HELD      {line}" for line in to_hold(state)]
    lines += [f"DOUBT     {line}" for line in to_look_at(state)]
    lines += [f"report    {report}"] if report else []
    lines += [f"picture   {picture}"] if picture else []
    review = (
        f"; `{state.program.command} finalize` makes a branch for review" if state.kept else ", and the branch is at the start"
    )
    lines.append(f"branch    {branch_of(state.tag)} (your checkout is as it was{review})")
    if state.kept:
        lines.append(f"next      `{state.program.command} audit` measures the total gain again, start and head side by side")
    return "\n".join(lines)
