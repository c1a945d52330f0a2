"""Which near misses of a role may be proposed as one change, and how its brief says so."""

from overnight.agents.together import MARK, MOST
from overnight.gate.noise import noise_report
from overnight.gate.verdict import Verdict
from overnight.research.briefs.history import measured, near_misses
from overnight.research.briefs.layout import Section
from overnight.research.briefs.task import BriefTask
from overnight.research.experiment import Experiment
from overnight.words.quantities import numbered

_INTRO = (
    "Each was ahead, none is proven alone. The one exception from one change at a time: to propose several of them as one, "
    f"write the line `{MARK} <their numbers>` above your hypothesis. They are merged into the files, beside your own edit if "
    "you make one; do not repeat them."
)


def why_not(experiment: Experiment, role: str) -> str:
    """Why an experiment may not be part of a change of a role, in one line; empty if it may."""
    number, conclusion = f"#{experiment.number}", experiment.conclusion
    if experiment.role != role:
        return f"{number} is a change of another role"
    if conclusion is None:
        return f"{number} has no verdict yet"
    if conclusion.verdict is not Verdict.DISCARD:
        return f"{number} ended as {conclusion.verdict}: only discarded changes are put together"
    if experiment.replaces:
        return f"the text of {number} conflicts with {numbered(experiment.replaces)}, which was kept"
    if conclusion.superseded or experiment.same_as_head or (conclusion.gain or 0.0) <= 0.0:
        return f"{number} was not ahead in its trials"
    return ""


def together_section(task: BriefTask) -> Section:
    """The near misses of a role, the largest gain first; nothing below two of them."""
    able = [experiment for experiment in task.recent if not why_not(experiment, task.role)]
    own = near_misses(able, task.state.kept, noise_report(task.state.program, task.state.gate), task.kept_edits)[:MOST]
    lines = [f"- #{one.number}: {measured(one)}" for one in own]
    return Section(
        title="Near misses of yours that may add up",
        lines=tuple(lines) if len(lines) > 1 else (),
        cut=6,
        floor=2,
        intro=_INTRO,
    )
