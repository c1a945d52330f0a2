"""What a researcher can do: its own limits beside those of a trial, what a trial takes, and what is left of the budget."""

from collections.abc import Iterator, Sequence
from statistics import median

from overnight.agents.context import agent_limits
from overnight.agents.registry import AGENTS
from overnight.program.program import ResearcherSpec
from overnight.research.briefs.target import limits_text
from overnight.research.budget import SessionAllowance
from overnight.research.state import State
from overnight.words.quantities import compact, counted, duration

LEAST = 3  # trials of which a usual time can be told
MOST_TRIALS = 1e6


def means_lines(state: State, role: str, allowance: SessionAllowance) -> Iterator[str]:
    """What a role may use, what a trial takes and what all may still use."""
    yield from _own_limits(state, next((spec for spec in state.program.researchers if spec.role == role), None))
    yield from _trial_time(state)
    if left := _left(state, allowance):
        yield f"- Left for all researchers together: {', '.join(left)}."


def _own_limits(state: State, spec: ResearcherSpec | None) -> Iterator[str]:
    if spec is None or spec.use not in AGENTS or spec.use == "editor":  # which runs nothing
        return
    trial = state.program.limits
    limits = spec.limits or agent_limits(trial, spec.use)
    gpu = ", and no GPU: a trial has one, so check only what runs without" if trial.gpus and not limits.gpus else ""
    if spec.use == "agent":
        from overnight.agents.own.agent import STEPS

        yield (
            f"- You have at most {STEPS} steps. Each command of yours may use {limits_text(limits)}{gpu}. "
            "You cannot install anything."
        )
    else:
        model = " but for your model" if limits.network == "none" and not limits.hosts else ""
        yield f"- Your session may use {limits_text(limits)}{model}{gpu}. You cannot install anything."


def _trial_time(state: State) -> Iterator[str]:
    times, tally = state.trial_s, state.tally
    if len(times) < LEAST:
        return
    each = f"- A trial usually takes {duration(median(times))} (the median of the last {len(times)})"
    if not tally.experiments:
        yield f"{each}."
        return
    trials = (tally.trials - tally.search) / tally.experiments
    seconds = (tally.trial_wall_s - tally.search_wall_s) / tally.experiments
    yield f"{each}; with those of the head, an experiment so far took {trials:.1f} trials and {duration(seconds)} of a machine."


def _left(state: State, allowance: SessionAllowance) -> Sequence[str]:
    """What is left of each limit that there is."""
    left, tally = [], state.tally
    if allowance.experiments is not None:
        left.append(counted(max(0, allowance.experiments - tally.experiments - len(state.open)), "experiment"))
    if allowance.trials is not None:
        left.append(counted(max(0, allowance.trials - tally.trials), "trial"))
    if allowance.elapsed_s is not None:
        seconds = max(0.0, allowance.elapsed_s - state.elapsed_s)
        usual = median(state.trial_s) if len(state.trial_s) >= LEAST else 0.0
        trials = min(seconds / usual, MOST_TRIALS) if usual else 0.0
        left.append(duration(seconds) + (f" (time for {compact(int(trials))} trials one by one)" if trials else ""))
    if allowance.tokens is not None:
        left.append(f"{compact(max(0, allowance.tokens - tally.tokens))} tokens")
    if allowance.cost_usd is not None:
        left.append(f"${max(0.0, allowance.cost_usd - tally.cost_usd):.2f}")
    return left
