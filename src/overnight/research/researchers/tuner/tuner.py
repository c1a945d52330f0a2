"""The built-in researcher `use: tuner`: changes constants, learns from every measurement, uses no model.

It only reads and writes text: nothing in the workspace is imported or run.
"""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from anyio import to_thread

from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, NoIdeas
from overnight.research.researchers.tuner.dead import DROPPED, said_dropped
from overnight.research.researchers.tuner.hypothesis import describe
from overnight.research.researchers.tuner.moves import Move, Situation, moves
from overnight.research.researchers.tuner.optimizer import Optimizer, Space
from overnight.research.researchers.tuner.past import POINT, WAS, Past, changed_keys
from overnight.research.researchers.tuner.readiness import hindrance
from overnight.research.researchers.tuner.target import Scans, Target, read_target
from overnight.words.quantities import listed

MOST_SEARCHED = 64  # values at once; each is a note in every experiment
MOST_NAMES = 8  # in a message
MOST_DEAD = 3  # names in a hypothesis


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
        raise NoIdeas(_all_tried(target, self._past.dead.dropped))

    def _spaces(self, target: Target) -> Iterator[Space]:
        """What to search, without the dead values; then, if all is tried, with those that are dead only in all likelihood."""
        dropped = self._past.dead.dropped
        living = tuple(d for d in target.space if d.key not in dropped)
        yield living[:MOST_SEARCHED]
        doubtful = tuple(d for d in target.space if not dropped.get(d.key))
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
        dropped = self._unsaid(assignment, found)
        if dropped:
            dead = [found[key] for key in dropped]
            move = replace(move, reason=f"{move.reason}; {', '.join(dead)} changed nothing and {_is(dead)} dropped")
        notes: dict[str, Scalar] = {POINT: target.point(edited)}
        notes |= {key: move.values.get(key, constant.value) for key, constant in constants.items()}
        notes |= {DROPPED: "\n".join(dropped)} if dropped else {}
        notes |= {WAS + key: constants[key].value for key in move.values}
        return Draft(hypothesis=describe(move, constants, several_files=len(target.contents) > 1), notes=notes)

    def _unsaid(self, assignment: Assignment, found: Collection[str]) -> list[str]:
        """The next dropped constants of which no proposal has said so."""
        said = self._past.dead.said.union(*(said_dropped(p.notes) for p in assignment.under_way if p.researcher == self.name))
        return [key for key in self._past.dead.dropped if key in found and key not in said][:MOST_DEAD]


def _all_tried(target: Target, dropped: Collection[str]) -> str:
    living = [d.constant.name for d in target.space if d.key not in dropped]
    dead = [d.constant.name for d in target.space if d.key in dropped]
    message = f"the tuner tried everything in the range of {', '.join(living[:MOST_NAMES]) or 'the removable statements'}"
    return f"{message}; {listed(dead, MOST_NAMES)} changed nothing and {_is(dead)} dropped" if dead else message


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
