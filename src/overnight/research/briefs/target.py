"""What is measured, how it is judged and where it stands, in plain words for researchers."""

import math
from collections.abc import Iterator, Mapping

from overnight.gate.noise import noise_kind, noise_report
from overnight.jail.job import Limits
from overnight.program.judge.rules import is_editable
from overnight.program.program import PUBLIC, SPLIT, Direction, Noise, Program, Take
from overnight.research.caution import held
from overnight.research.state import State
from overnight.words.figures import figure
from overnight.words.foreign import printable
from overnight.words.markdown import code
from overnight.words.quantities import counted, listed

COMMAND = 300  # characters
FILES = 12  # named with their sizes
HOSTS = 12  # of a list that are named
PATH = 100  # characters
_MB, _MINUTE = 1e6, 60.0
_TAKEN = {
    Take.FIRST: "the first",
    Take.LAST: "the last",
    Take.MIN: "the smallest",
    Take.MAX: "the largest",
}


def better(program: Program) -> str:
    """Which way the metric improves, as an adjective."""
    return "smaller" if program.metric.direction is Direction.MINIMIZE else "larger"


def globs_text(program: Program) -> str:
    """What may be edited, as the program has it."""
    return ", ".join(f"`{glob}`" for glob in program.editable)


def file_lines(program: Program, files: Mapping[str, int]) -> Iterator[str]:
    """What may be edited, with sizes in bytes if they are known."""
    editable = sorted(path for path in files if is_editable(path, program))
    named = listed((f"{code(path, PATH)} ({files[path]:,} bytes)" for path in editable), FILES)
    if set(program.editable) == set(editable):
        yield f"- You may change only {named}."
    else:
        yield f"- You may change only {globs_text(program)}" + (f"; there are {named}." if named else ".")
    if not program.judge_may_change and any(glob not in files for glob in program.editable):
        yield "- A new file that judges is refused: a test, a tool's settings, what a tool loads by its name (`conftest.py`)."
    if program.hidden:
        yield "- Files that only the scorer sees are not in this folder. Do not look for them or rebuild the scorer."


def can_run(state: State, role: str) -> bool:
    """Whether a role can run anything before it answers: an editor has one request and no shell."""
    return not any(spec.role == role and spec.use == "editor" for spec in state.program.researchers)


def judge_lines(state: State, role: str) -> Iterator[str]:
    """How a proposal is judged, and which limits it must keep; a role that can run things is told to."""
    program, runs = state.program, can_run(state, role)
    if program.of_campaigns:
        yield from _campaign_lines(program)
        return
    yield f"- {_command(program, runs=runs)}"
    holdout = ", then on data that nobody sees" if program.holdout else ""
    exact = noise_kind(program, state.gate) is Noise.DETERMINISTIC
    pairs = "measured against the current files, in pairs of trials with fresh seeds"
    how = "run and compared with the current files" if exact else pairs
    kept = "kept only if it is better" if exact else "kept only if it is better beyond noise"
    yield f"- A change is {how}{holdout}, and {kept}. No number that you report counts."
    if program.takes_seed and not exact:
        equal = "Values compare only at equal seeds: measure the unchanged files with your seed, too. " if runs else ""
        yield f"- {equal}Trials have other seeds: what fits one seed gains nothing."
    yield f"- One trial may use {limits_text(program.limits)}. What exceeds that, crashes or prints no value is discarded."
    if program.metric.take is Take.GEOMEAN:
        values = f"the {program.metric.values} values of `{program.metric.name}` that a trial prints"
        yield f"- The geometric mean of {values} counts. A trial that prints more or fewer of them counts as crashed."
    elif program.metric.take:
        yield f"- Of the values of `{program.metric.name}` that a trial prints, {_TAKEN[program.metric.take]} counts."
    if program.metric.curve:
        curve = printable(program.metric.curve, COMMAND)
        yield f"- Output that matches `{curve}` is its curve: a trial that is hopelessly behind at 30 % is stopped."
    if program.checks:
        yield f"- First these must succeed: {_listed(program.checks)}."
    if program.guards:
        yield f"- These bounds must hold in every trial: {_listed([str(guard) for guard in program.guards])}."
    if program.gate.keep_simpler:
        yield "- A change that leaves less code is also kept, if it is proven to be no worse."


def _campaign_lines(program: Program) -> Iterator[str]:
    """The same where a trial is a whole campaign."""
    targets = _listed([name for name, _ in program.metric.parts])
    yield f"- A trial is a whole campaign of this organisation on each target ({targets}), all with the same budget."
    yield (
        f"- `{program.metric.name}` is what the head of such a campaign gains over its start in fresh trials, in spreads (the "
        "sd of the difference of two campaigns of one organisation), as the mean over the targets."
    )
    sealed = ", then on targets that nobody sees" if program.holdout else ""
    yield (
        "- A change is first tried in pairs of short campaigns, then measured against the current files in pairs of whole "
        f"ones{sealed}. It is kept only if it is better beyond noise. No number that you report counts."
    )
    if program.guards:
        yield f"- These bounds must hold in every trial: {_listed([str(guard) for guard in program.guards])}."


def standing_lines(state: State) -> Iterator[str]:
    """The head's value, the noise, and the smallest change that can be detected."""
    program, memory = state.program, state.gate
    head = math.fsum(memory.baseline) / len(memory.baseline) if memory.baseline else None
    kept = f"after {len(state.kept)} kept changes" if len(state.kept) != 1 else "after 1 kept change"
    tally = f"{counted(state.tally.experiments, 'experiment')} so far"
    if program.gate.expensive and head is None:
        yield f"- {kept.capitalize()}; {tally}. All comparisons are in pairs: the current files have no value of their own."
    elif head is None:
        yield f"- The current files, {kept}, have not been measured yet; {tally}."
    else:
        trials = "1 trial" if len(memory.baseline) == 1 else f"the mean of {len(memory.baseline)} trials"
        yield f"- The current files, {kept}, are at {head:.6g} ({trials}); {tally}."
        yield (
            f"- Gains below are in units of `{program.metric.name}`, positive is better; "
            f"1 % of the current value is {abs(head) / 100:.3g}."
        )
    unread = held(state)
    read = [link for link in state.kept if link not in unread]
    gained = math.fsum(link.conclusion.gain or 0.0 for link in read)
    if read:
        yield f"- Kept changes gained {figure(gained, 3, signed=True)} in total, by the measurements that each was kept for."
    yield from _noise_lines(state)
    if program.target is not None:
        yield f"- The goal of the campaign is {program.target:g}."


def first_look(state: State) -> str:
    """How far to trust a gain from one trial; empty if trials agree."""
    noise = noise_report(state.program, state.gate)
    if not noise.known or noise.kind is Noise.DETERMINISTIC:
        return ""
    return (
        "What looks hopeless in its first trial gets no second. By chance alone, a gain in one trial is off by "
        f"{noise.sigma:.3g} or more one time in three."
    )


def _noise_lines(state: State) -> Iterator[str]:
    program = state.program
    noise = noise_report(program, state.gate)
    least = program.metric.min_effect
    asked = f"The program asks for a gain of at least {least:g}." if least else ""
    if not noise.known:
        yield f"- How much trials vary is not known yet. {asked}".rstrip()
    elif noise.kind is Noise.DETERMINISTIC:
        yield f"- Trials of the same files agree exactly, so any gain shows. {asked}".rstrip()
    else:
        seen = f"{noise.smallest_effect:.3g}" if noise.smallest_effect else "this noise"
        said = (
            f"- Trials of the same files vary by {noise.sigma:.3g} (standard deviation). Changes below about {seen} are "
            f"not detected in {program.gate.max_pairs} pairs of trials, even if they help: try what may gain more. {asked}"
        )
        yield said.rstrip()


def _command(program: Program, *, runs: bool) -> str:
    if program.measure:
        return f"`{_tried(program.measure)}` prints it." + (" You may run it to check that your change works." if runs else "")
    produce, artifacts = _tried(program.produce or ""), _listed(program.artifacts)
    scored = f"`{produce}` leaves {artifacts}; frozen code outside this folder scores that."
    if program.prepare is None:
        return scored + (" Run it to check that it works." if runs else "")
    prepare, inputs = _tried(program.prepare.replace(SPLIT, PUBLIC)), _listed(program.inputs)
    both = " Run both to test it, then delete those." if runs else ""
    return f"{scored} Before that, `{prepare}` makes {inputs}, new for each trial.{both}"


def _tried(command: str) -> str:
    return printable(command.replace("{seed}", "1"), COMMAND)


def limits_text(limits: Limits) -> str:
    """Such as `300 s of time, 4,000 MB of memory, 1 CPU core and no network`."""
    wall = f"{limits.wall_s:g} s" if limits.wall_s < 10 * _MINUTE else f"{limits.wall_s / _MINUTE:g} minutes"
    parts = [
        f"{wall} of time",
        f"{limits.memory_bytes / _MB:,.0f} MB of memory",
        f"{limits.cpus} CPU core{'s' * (limits.cpus > 1)}",
    ]
    parts += [f"{limits.gpus} GPU{'s' * (limits.gpus > 1)}"] if limits.gpus else []
    return ", ".join(parts) + network_text(limits)


def network_text(limits: Limits) -> str:
    """Such as ` and no network`; empty if there is one."""
    if limits.hosts:
        return f" and, of the network, only {listed(limits.hosts, HOSTS)} over http(s)"
    return " and no network" if limits.network == "none" else ""


def _listed(items: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{printable(item, COMMAND)}`" for item in items)
