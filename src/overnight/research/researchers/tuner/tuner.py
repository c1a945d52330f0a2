"""The built-in researcher `use: tuner`: changes constants, learns from every measurement, uses no model.

It only reads and writes text: nothing in the workspace is imported or run.
"""

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from anyio import to_thread

from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, NoIdeas, SearchTrial
from overnight.research.researchers.tuner.crashing import CRASHING, said_crashing
from overnight.research.researchers.tuner.dead import DROPPED, said_dropped
from overnight.research.researchers.tuner.dropping import all_tried, dropped_parts
from overnight.research.researchers.tuner.hypothesis import describe
from overnight.research.researchers.tuner.moves import Move, Situation, moves
from overnight.research.researchers.tuner.optimizer import Optimizer, Space
from overnight.research.researchers.tuner.past import POINT, WAS, Past, changed_keys
from overnight.research.researchers.tuner.readiness import hindrance
from overnight.research.researchers.tuner.target import Scans, Target, read_target

MOST_SEARCHED = 64  # values at once; each is a note in every experiment
MOST_SAID = 3  # names in a hypothesis, for each reason why they were dropped


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

    def recall(self, trial: SearchTrial) -> None:
        """Nothing yet: it proposes straight away."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Write new values for one or a few constants into the workspace.

        Raises:
            NoIdeas: there is nothing to tune, or everything in range was tried.
        """
        target = await to_thread.run_sync(self._target, assignment)  # parsing takes seconds if the files are hostile
        under_way = {str(p.notes.get(POINT)): changed_keys(p.notes) for p in assignment.under_way if p.researcher == self.name}
        for space in self._spaces(target):
            situation = Situation(
                space=space,
                removals=target.removals,
                past=self._past,
                level=self._past.level(assignment.head),
                busy=frozenset().union(*under_way.values()),
                random=random.Random(f"{assignment.role} {assignment.number}"),  # noqa: S311  # repeats after a restart
                optimizer=self._optimizer,
            )
            for move in moves(situation):
                point = target.point(target.edit(move))
                if point not in self._past.points and point not in under_way and point != target.point({}):
                    return self._make(assignment, target, space, move)
        raise NoIdeas(all_tried(target, self._past))

    def _spaces(self, target: Target) -> Iterator[Space]:
        """What to search, without dead and crashing values; then, if all is tried, with those that may be dead by chance."""
        dropped = self._past.dead.dropped
        running = tuple(d for d in target.space if d.key not in self._past.crashing.dropped)
        living = tuple(d for d in running if d.key not in dropped)
        yield living[:MOST_SEARCHED]
        doubtful = tuple(d for d in running if not dropped.get(d.key))
        if len(living) < len(doubtful):
            yield doubtful[:MOST_SEARCHED]

    def _target(self, assignment: Assignment) -> Target:
        if self._read is None or self._read[0] != assignment.head:
            target = read_target(assignment.workspace, assignment.program, self._scans)
            if hindered := hindrance(assignment.program, target):
                raise NoIdeas(f"{hindered.why}; {hindered.fix}")
            self._read = assignment.head, target
        return self._read[1]

    def _make(self, assignment: Assignment, target: Target, space: Space, move: Move) -> Draft:
        edited = target.edit(move)
        for path, content in edited.items():
            (assignment.workspace / path).write_bytes(content)
        constants = {d.key: d.constant for d in space}
        found = {d.key: d.constant.name for d in target.space}
        dead = self._unsaid(assignment, self._past.dead.dropped, found, said_dropped, self._past.dead.said)
        crashing = self._unsaid(assignment, self._past.crashing.dropped, found, said_crashing, self._past.crashing.said)
        move = replace(
            move, reason="; ".join((move.reason, *dropped_parts(found, list(dict.fromkeys(dead + crashing)), self._past)))
        )
        notes: dict[str, Scalar] = {POINT: target.point(edited)}
        notes |= {key: move.values.get(key, constant.value) for key, constant in constants.items()}
        notes |= {note: "\n".join(keys) for note, keys in ((DROPPED, dead), (CRASHING, crashing)) if keys}
        notes |= {WAS + key: constants[key].value for key in move.values}
        return Draft(hypothesis=describe(move, constants, several_files=len(target.contents) > 1), notes=notes)

    def _unsaid(
        self,
        assignment: Assignment,
        dropped: Iterable[str],
        found: Collection[str],
        said_in: Callable[[Mapping[str, Scalar]], frozenset[str]],
        said: Collection[str],
    ) -> list[str]:
        """The next dropped constants of which no proposal has said so, nor one under way."""
        waiting = frozenset().union(*(said_in(p.notes) for p in assignment.under_way if p.researcher == self.name))
        return [key for key in dropped if key in found and key not in said and key not in waiting][:MOST_SAID]
