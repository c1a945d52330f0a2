"""What trials printed, as a brief shows it: the end of the head's output, and the curves of the head and of a few tries."""

from collections.abc import Iterable, Iterator, Sequence

from overnight.gate.trial import Stage, Trial
from overnight.research.briefs.layout import quoted
from overnight.research.experiment import Experiment
from overnight.research.state import State
from overnight.words.figures import figure
from overnight.words.foreign import printable

LINE = 120  # characters
WORDS = 80  # of a hypothesis
CURVES = 5  # beside the head's, with its seed
OTHERS = 2  # if there are none of those


def output_lines(state: State) -> Iterator[str]:
    """The last lines that the head's trial printed, as a block."""
    trial = state.head_trial
    if trial and trial.tail:
        yield from (f"    {printable(line, LINE)}" for line in trial.tail)


def curve_lines(state: State, near: Sequence[Experiment], ended: Sequence[Experiment]) -> Iterator[str]:
    """The head's curve and those of near misses and of the newest experiments; nothing without the head's."""
    head = state.head_trial
    if head is None or not head.curve:
        return
    yield f"- the head: {_points(head.curve)}"
    tried = list({one.number: one for one in (*near, *reversed(ended)) if one.curve}.values())  # near misses first
    alike = [one for one in tried if _has_its_seed(one, state, head)]
    for one in alike[:CURVES] or tried[:OTHERS]:
        seed = "" if alike else ", another seed"
        yield f"- #{one.number} {quoted(one.hypothesis, WORDS)}{seed}: {_points(one.curve)}"


def _has_its_seed(experiment: Experiment, state: State, head: Trial) -> bool:
    """Whether its first trial had the seed of the head's: screening takes that of the head which it is measured against."""
    return experiment.base == state.head and head.key.stage is Stage.BASELINE and head.key.index == 0


def _points(curve: Iterable[tuple[float, float]]) -> str:
    return ", ".join(f"{figure(value, 4)} at {share:.0%}" for share, value in curve)
