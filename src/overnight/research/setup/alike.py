"""Whether the machines of a session measure alike: trials of what is committed with the same seeds, as many as fit at once."""

from collections.abc import Sequence
from itertools import chain
from math import fsum, sqrt

import anyio

from overnight.gate.seeds import trial_seed
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.repository import Repository
from overnight.machines.nodes.lost import NodeLost
from overnight.research.loop.journal import Watcher
from overnight.research.loop.orders import meanwhile
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.stop import Stop
from overnight.research.nodes import NodeStanding
from overnight.research.views.check import MachineMeasure
from overnight.research.wiring import SessionRequest, rehearsal
from overnight.words.foreign import printable

SEEDS = 8  # with each of which every slot runs a trial
APART = 5.4  # standard errors, by which equal machines differ once in a thousand: Student's t with 7 degrees of freedom
LINE = 200  # characters of a reason

Values = dict[tuple[str, int], list[Trial]]  # by machine and number of the seed


async def measure_machines(
    repository: Repository, request: SessionRequest, watchers: Sequence[Watcher]
) -> tuple[MachineMeasure, ...]:
    """Run the trials; nothing is recorded.

    Raises:
        UserError: no machine can be used, or the program must not run there.
    """
    with rehearsal(repository, request, Stop(), watchers) as campaign:
        scheduler = campaign.head.scheduler
        async with meanwhile(*campaign.beside):
            async with scheduler.slots.lease():
                pass  # all that are awaited have come, or been waited for
            found = await _run_all(scheduler)
        standings = campaign.journal.state.nodes
    return tuple(_measured(found, name, standings[name]) for name in sorted(standings))


async def _run_all(scheduler: Scheduler) -> Values:
    found: Values = {}
    head, secret = scheduler.journal.state.head, scheduler.journal.state.secret

    async def one(node: str, index: int, number: int) -> None:
        key = TrialKey(experiment=number, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index)
        seed = trial_seed(secret, TrialKey(experiment=0, stage=Stage.BASELINE, arm=Arm.BASELINE, index=index))
        async with scheduler.slots.lease(node=lambda: node) as place:
            try:
                trial = await scheduler.trials.run(key, commit=head, tree=head, seed=seed, slot=place.slot)
            except NodeLost:
                return
            if scheduler.kept:
                await scheduler.kept.settle(key)
        found.setdefault((node, index), []).append(trial)

    async with anyio.create_task_group() as tasks:
        nodes = scheduler.journal.state.nodes
        for number, node in enumerate(chain.from_iterable([name] * standing.slots for name, standing in nodes.items())):
            for index in range(SEEDS):
                tasks.start_soon(one, node, index, number)
    return found


def _measured(found: Values, node: str, standing: NodeStanding) -> MachineMeasure:
    own = [trial for (name, _), trials in found.items() if name == node for trial in trials]
    values = [trial.value for trial in own if trial.value is not None]
    apart, error = _apart(found, node)
    return MachineMeasure(
        node=node,
        slots=standing.slots,
        speed_class=standing.speed_class,
        left_out=standing.left_out,
        lost=standing.why,
        trials=len(own),
        mean=fsum(values) / len(values) if values else None,
        trial_s=fsum(trial.wall_s for trial in own) / len(own) if own else None,
        apart=apart,
        error=error,
        alike=None if apart is None or error is None else abs(apart) <= APART * error,
        failed=next((printable(trial.reason, LINE) for trial in own if trial.value is None), ""),
    )


def _apart(found: Values, node: str) -> tuple[float | None, float | None]:
    """How far a machine's values are from the others', and the standard error of that; None: there is nothing to compare."""
    gaps = list[float]()
    for index in range(SEEDS):
        own = [trial.value for trial in found.get((node, index), ()) if trial.value is not None]
        others = [
            trial.value
            for (name, number), trials in found.items()
            if name != node and number == index
            for trial in trials
            if trial.value is not None
        ]
        if own and others:
            gaps.append(fsum(own) / len(own) - fsum(others) / len(others))
    if len(gaps) < 2:  # noqa: PLR2004  # no spread otherwise
        return None, None
    mean = fsum(gaps) / len(gaps)
    return mean, sqrt(fsum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps))
