"""The built-in researcher `use: tuner`: changes constants, learns from every measurement, uses no model.

It only reads and writes text: nothing in the workspace is imported or run.
"""

import random
from collections.abc import Mapping

from anyio import to_thread

from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, NoIdeas
from overnight.research.researchers.tuner.hypothesis import describe
from overnight.research.researchers.tuner.moves import Move, Situation, moves
from overnight.research.researchers.tuner.optimizer import Optimizer
from overnight.research.researchers.tuner.past import POINT, WAS, Past, changed_keys
from overnight.research.researchers.tuner.sources import LOOKED_FOR
from overnight.research.researchers.tuner.target import Scans, Target, read_target

MOST_NAMES = 8  # in a message


class Tuner:
    """Tunes the constants of the editable files; one per role, for a whole session."""

    name = "tuner"

    def __init__(self) -> None:
        self._past = Past()
        self._optimizer = Optimizer()
        self._scans: Scans = {}
        self._read: tuple[str, Target] | None = None  # of the last head

    def learn(self, experiment: Experiment) -> None:
        """Learn from a finished experiment, including one of another researcher."""
        self._past.learn(experiment, own=experiment.researcher == self.name)

    async def propose(self, assignment: Assignment) -> Draft:
        """Write new values for one or a few constants into the workspace.

        Raises:
            NoIdeas: there is nothing to tune, or everything in range was tried.
        """
        target = await to_thread.run_sync(self._target, assignment)  # parsing takes seconds if the files are hostile
        under_way = {str(p.notes.get(POINT)): changed_keys(p.notes) for p in assignment.under_way if p.researcher == self.name}
        situation = Situation(
            space=target.space,
            removals=target.removals,
            past=self._past,
            level=self._past.level(assignment.head),
            busy=frozenset().union(*under_way.values()),
            random=random.Random(f"{assignment.role} {assignment.number}"),  # noqa: S311  # repeats after a restart
            optimizer=self._optimizer,
        )
        for move in moves(situation):
            edited = target.edit(move)
            point = target.point(edited)
            if point not in self._past.points and point not in under_way and point != target.point({}):
                return self._make(assignment, target, move, edited, point)
        raise NoIdeas(_all_tried(target))

    def _target(self, assignment: Assignment) -> Target:
        if self._read is None or self._read[0] != assignment.head:
            target = read_target(assignment.workspace, assignment.program, self._scans)
            if not target.space and not target.removals:
                raise NoIdeas(_nothing_to_tune(target, assignment.program.editable))
            self._read = assignment.head, target
        return self._read[1]

    def _make(self, assignment: Assignment, target: Target, move: Move, edited: Mapping[str, bytes], point: str) -> Draft:
        for path, content in edited.items():
            (assignment.workspace / path).write_bytes(content)
        constants = {d.key: d.constant for d in target.space}
        notes: dict[str, Scalar] = {POINT: point}
        notes |= {key: move.values.get(key, constant.value) for key, constant in constants.items()}
        notes |= {WAS + key: constants[key].value for key in move.values}
        return Draft(hypothesis=describe(move, constants, several_files=len(target.contents) > 1), notes=notes)


def _nothing_to_tune(target: Target, editable: tuple[str, ...]) -> str:
    message = f"the tuner found nothing to tune: it looked for {LOOKED_FOR} among {', '.join(editable)}"
    if target.left_alone:
        message += f"; left alone: {', '.join(target.left_alone[:MOST_NAMES])}"
    return "; ".join([message, *target.skipped[:MOST_NAMES]])


def _all_tried(target: Target) -> str:
    names = [dimension.constant.name for dimension in target.space[:MOST_NAMES]]
    return f"the tuner tried everything in the range of {', '.join(names) or 'the removable statements'}"
