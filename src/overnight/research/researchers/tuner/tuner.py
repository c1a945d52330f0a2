"""The built-in researcher `use: tuner`: changes constants, learns from every measurement, uses no model of language.

It only reads and writes text: nothing in the workspace is imported or run.
"""

import random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import chain

from anyio import to_thread

from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, NoIdeas, Search
from overnight.research.researchers.tuner.crashing import CRASHING, said_crashing
from overnight.research.researchers.tuner.dead import DROPPED, said_dropped
from overnight.research.researchers.tuner.dropping import all_tried, dropped_parts
from overnight.research.researchers.tuner.exploring import Explorer
from overnight.research.researchers.tuner.hypothesis import describe, found_by, share_notes
from overnight.research.researchers.tuner.jump import Jump
from overnight.research.researchers.tuner.moves import Move, simplifications, steps
from overnight.research.researchers.tuner.past import POINT, WAS, Past
from overnight.research.researchers.tuner.readiness import hindrance
from overnight.research.researchers.tuner.searching import Searching
from overnight.research.researchers.tuner.space import Space
from overnight.research.researchers.tuner.target import Scans, Target, read_target
from overnight.research.search_trial import SearchTrial

MOST_SEARCHED = 64  # values at once; each is a note in every trial
MOST_SAID = 3  # names in a hypothesis, for each reason why they were dropped
SIMPLER_EVERY = 24  # search trials for one proposal of less
WAITS = "the tuner waits for the verdict on what its search found"


class Tuner:
    """Tunes the constants of the editable files; one per researcher, for a whole session."""

    name = "tuner"

    def __init__(self) -> None:
        self._past = Past()
        self._explorer: Explorer | None = None
        self._scans: Scans = {}
        self._read: tuple[str, Target] | None = None  # of the last head
        self._simpler_at = SIMPLER_EVERY  # search trials of all, when a simplification is due

    def learn(self, experiment: Experiment) -> None:
        """Learn from a finished experiment, including one of another researcher."""
        self._past.learn(experiment, own=experiment.researcher == self.name)

    def recall(self, trial: SearchTrial) -> None:
        """Learn from a search trial, including one of another tuner."""
        self._past.recall(trial)

    async def propose(self, assignment: Assignment) -> Draft:
        """Write new values into the workspace: the best that search trials found or, without such trials, a bold step.

        Raises:
            NoIdeas: there is nothing to tune, everything in range was tried, or what was found last has no verdict yet.
            SearchEnded: nothing more is measured for this assignment.
        """
        target = await to_thread.run_sync(self._target, assignment)  # parsing takes seconds if the files are hostile
        rng = random.Random(f"{assignment.role} {assignment.number}")  # noqa: S311  # repeats after a restart
        space = self._space(target)
        simpler = simplifications(space, target.removals, rng)
        if assignment.search and space:
            if any(proposed.searched and proposed.researcher == self.name for proposed in assignment.under_way):
                raise NoIdeas(WAITS)
            if self._past.searched >= self._simpler_at and (move := self._new(assignment, target, simpler)):
                self._simpler_at = self._past.searched + SIMPLER_EVERY
                return self._make(assignment, target, space, move)
            if jump := await self._search(assignment, assignment.search, target, space, rng):
                move = Move(values=jump.values, reason=found_by(jump, target))
                draft = self._make(assignment, target, space, move)
                return replace(draft, searched=self._past.searched, notes={**draft.notes, **share_notes(jump, target)})
        moves = simpler if assignment.search else chain(steps(space, rng), simpler)
        if move := self._new(assignment, target, moves):
            return self._make(assignment, target, space, move)
        raise NoIdeas(all_tried(target, self._past))

    async def _search(
        self, assignment: Assignment, search: Search, target: Target, space: Space, rng: random.Random
    ) -> Jump | None:
        if self._explorer is None or self._explorer.space != space:
            self._explorer = Explorer(space)
        return await Searching(
            target=target,
            explorer=self._explorer,
            past=self._past,
            search=search,
            metric=assignment.program.metric,
            head=assignment.head,
            random=rng,
            proposed=self._past.points,
        ).jump()

    def _new(self, assignment: Assignment, target: Target, moves: Iterable[Move]) -> Move | None:
        """The first move whose result was not proposed yet."""
        known = {str(p.notes.get(POINT)) for p in assignment.under_way if p.researcher == self.name}
        known |= self._past.points | {target.point({})}
        return next((move for move in moves if target.point(target.edit(move)) not in known), None)

    def _space(self, target: Target) -> Space:
        """What to search: without what changes nothing, and what always crashes.

        A whole number that became a power of two by chance goes on to take other values too.
        """
        dropped = {*self._past.dead.dropped, *self._past.crashing.dropped}
        living = [d for d in target.space if d.key not in dropped][:MOST_SEARCHED]
        return tuple(replace(d, octaves=False) if d.octaves and not self._past.is_even(d.key) else d for d in living)

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
        hypothesis = describe(move, constants, several_files=len(target.contents) > 1)
        return Draft(hypothesis=hypothesis, notes=notes)

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
