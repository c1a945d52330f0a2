"""Which values that the tuner can move change the metric: the others are dead, and a night on them is lost."""

from collections.abc import Mapping, Sequence

from overnight.errors import UserError
from overnight.git.port import FileChange
from overnight.research.loop.campaign import Campaign
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.port import View
from overnight.research.researchers.tuner.dead import is_fine
from overnight.research.researchers.tuner.probes import Liveness, find_dead, probe
from overnight.research.researchers.tuner.sources import tunable_files
from overnight.research.researchers.tuner.target import Target, read_target
from overnight.research.setup.connection.proof import KEY, Observed, Prover
from overnight.research.views.connection import names
from overnight.research.views.numbers import number
from overnight.words.quantities import counted

FIX = "measure a command that uses them, name other files in `editable`, or use another researcher (`overnight agents`)"


def prover_of(campaign: Campaign) -> Prover:
    """Runs trials of a campaign's head that are not recorded."""
    intake, scheduler = campaign.asking.intake, campaign.head.scheduler
    head = campaign.journal.state.head
    if not isinstance(scheduler.trials, TrialRunner):
        raise TypeError("only a campaign whose trials are commands has a tree to break")
    return Prover(trials=scheduler.trials, workspaces=intake.workspaces, history=intake.history, commit=head)


def editable_texts(prover: Prover) -> Mapping[str, bytes]:
    """The editable files of the tree that the built-in researchers can read."""
    folder = prover.workspaces.create(prover.commit, View.OPEN)
    try:
        return tunable_files(folder, prover.program)[0]
    finally:
        prover.workspaces.remove(folder)


def target_of(prover: Prover) -> Target:
    """What the tuner finds in the tree."""
    folder = prover.workspaces.create(prover.commit, View.OPEN)
    try:
        return read_target(folder, prover.program, {})
    finally:
        prover.workspaces.remove(folder)


async def find_life(prover: Prover, target: Target, whole: Observed, *, most_trials: int) -> Liveness:
    """Which of the target's values live.

    Args:
        prover: runs the trials.
        target: whose values are moved.
        whole: a trial of the unbroken tree; others with its seed have the same value to the last digit.
        most_trials: after which the rest stays unknown.
    """
    executable = {file.path: file.executable for file in prover.history.files(prover.commit)}

    async def is_same(keys: Sequence[str]) -> bool:
        edited = probe(target, keys)
        changes = [FileChange(path=path, content=text, executable=executable[path]) for path, text in edited.items()]
        return (await prover.trial(whole.trial.seed, changes)).value == whole.trial.value

    return await find_dead([dimension.key for dimension in target.space], is_same, most_trials=most_trials)


async def require_life(campaign: Campaign, target: Target) -> None:
    """Refuse a first night for the tuner alone in which nothing that it can move changes anything.

    Two trials with one seed, which are not recorded.

    Raises:
        UserError: the metric is the same to the last digit with all values changed.
    """
    prover = prover_of(campaign)
    if not target.space or target.removals:
        return
    whole = await prover.observe(campaign.head.scheduler.seed(KEY))
    if whole.trial.value is None:
        return  # the baseline says why
    refuse_dead(target, await find_life(prover, target, whole, most_trials=1), whole.trial.value, prover.program.metric.name)


def refuse_dead(target: Target, found: Liveness, value: float, metric: str) -> None:
    """Raise if all values are dead; a metric with few digits may stay the same by chance.

    Raises:
        UserError: all are.
    """
    if target.removals or len(found.dead) < len(target.space) or not is_fine(value):
        return
    said = names([dimension.constant.name for dimension in target.space])
    what = f"nothing that the tuner can move changes {metric}: with {counted(len(found.dead), 'value')} changed it is still"
    raise UserError(f"{what} {number(value)} ({said})", fix=FIX)
