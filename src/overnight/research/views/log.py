"""A page of experiments in words, for readers without a terminal's tables."""

from overnight.research.experiment import Experiment
from overnight.research.views.experiments import ExperimentList
from overnight.research.views.numbers import gain
from overnight.research.views.trial_use import used_words
from overnight.words.foreign import printable
from overnight.words.quantities import counted

CELL = 300  # characters of a hypothesis or reason


def none_listed(page: ExperimentList) -> str:
    """Why a page is empty."""
    if not page.total:
        used = f" after {used_words(page.trials_used)}" if page.trials_used else ""
        return f"no experiments yet{used}; `overnight status` shows where the campaign stands"
    return f"nothing after {page.offset}: there {'is' if page.total == 1 else 'are'} {counted(page.total, 'experiment')}"


def describe_log(page: ExperimentList) -> str:
    """A line for each experiment, and a line for what the page leaves out."""
    if not page.experiments:
        return none_listed(page)
    lines = [_line(experiment) for experiment in page.experiments]
    shown = page.offset + len(page.experiments)
    return "\n".join([*lines, *([f"{shown} of {page.total}; more with offset {shown}"] if shown < page.total else [])])


def _line(experiment: Experiment) -> str:
    conclusion = experiment.conclusion
    gained = f" {gain(conclusion)}" if conclusion and conclusion.gain is not None else ""
    reason = f": {printable(conclusion.reason, CELL)}" if conclusion and conclusion.reason else ""
    verdict = conclusion.verdict.value if conclusion else "open"
    return f"#{experiment.number} {verdict}{gained}  {printable(experiment.hypothesis, CELL)}{reason}"
