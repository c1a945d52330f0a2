"""The built-in researcher `use: mutator`: changes code by known rewrites, edits of statements, and flags; uses no model.

Nothing of the repository is run outside the jail.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from anyio import to_thread

from overnight.agents.context import AgentContext
from overnight.gate.verdict import Verdict
from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.mutator.batches import Batches
from overnight.research.researchers.mutator.flags import flag_mutations
from overnight.research.researchers.mutator.genetic import WHY, genetic_mutation
from overnight.research.researchers.mutator.known import known_mutations, united
from overnight.research.researchers.mutator.landscape import NO_CODE, Landscape, has_work, read_landscape
from overnight.research.researchers.mutator.mutation import Mutation
from overnight.research.researchers.mutator.noticing import Noticed, refusal, unnoticed
from overnight.research.researchers.mutator.payoff import OPERATOR, Payoff
from overnight.research.researchers.mutator.profile import Runs
from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.port import Assignment, NoIdeas, SearchTrial
from overnight.research.researchers.tuner.sources import tunable_files

KEY = "mutation"  # the note that says which change it is, on any head
REMEMBERED = 10_000  # changes that were tried
GIVEN_UP = 300  # edits of statements in a row without a keep, after which there are no ideas


@dataclass(frozen=True, kw_only=True)
class View:
    """A head, and what can be done to it that is known."""

    head: str
    land: Landscape
    listed: tuple[Mutation, ...]


class Mutator:
    """Changes the hot code of the editable files; one per researcher, for a whole session."""

    name = "mutator"

    def __init__(self, context: AgentContext) -> None:
        self._context = context
        self._payoff = Payoff()
        self._tried: OrderedDict[str, None] = OrderedDict()
        self._broken: OrderedDict[str, None] = OrderedDict()  # of these, what broke something
        self._harmless: OrderedDict[str, None] = OrderedDict()  # of these, rewrites that ran and were not kept
        self._batches = Batches(())  # of this head
        self._noticed = Noticed()
        self._view: View | None = None
        self._fruitless = 0

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment, also one of another researcher."""
        key, conclusion = experiment.notes.get(KEY), experiment.conclusion
        if experiment.researcher != self.name or not isinstance(key, str) or conclusion is None:
            return
        self._payoff.learn(experiment)
        _remember(self._tried, key)
        if conclusion.verdict is Verdict.CRASH:
            _remember(self._broken, key)
        self._batches.learn(key, conclusion.verdict)
        kept = conclusion.verdict is Verdict.KEEP
        self._fruitless = 0 if kept else self._fruitless + (experiment.notes.get(OPERATOR) in WHY)
        if conclusion.verdict is Verdict.DISCARD and experiment.notes.get(OPERATOR) in REWRITES:
            _remember(self._harmless, key)

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: it searches by proposals."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Make the most promising change that was not tried.

        Raises:
            NoIdeas: no file holds code, nothing would notice what it breaks, or everything that pays was tried.
            SearchEnded: the trials that prove that a failure is noticed did.
        """
        if refused := refusal(assignment.program):
            raise NoIdeas(f"{refused.why}; {refused.fix}")
        view = await self._seen(assignment)
        known = {str(each.notes.get(KEY)) for each in assignment.under_way if each.researcher == self.name}
        mutation = await to_thread.run_sync(self._next, view, assignment, known)
        if mutation is None:
            raise NoIdeas(self._nothing_left(view))
        _remember(self._tried, mutation.key)
        for path, content in mutation.edit(view.land.contents).items():
            (assignment.workspace / path).write_bytes(content)
        notes: dict[str, Scalar] = {OPERATOR: mutation.operator, KEY: mutation.key}
        return Draft(hypothesis=mutation.reason, notes=notes)

    async def _seen(self, assignment: Assignment) -> View:
        """The head as it is now; a new one is profiled first, in runs that are no trials."""
        if self._view is None or self._view.head != assignment.head:
            if not has_work(tunable_files(assignment.workspace, assignment.program)[0]):
                raise NoIdeas(NO_CODE)
            runs = Runs(context=self._context, program=assignment.program)
            profile = await runs.profile(assignment.workspace)
            land = await to_thread.run_sync(read_landscape, assignment.workspace, assignment.program, profile)
            await self._noticed.prove(land, assignment.workspace, runs, assignment.search)
            listed = await to_thread.run_sync(self._list, land)
            self._batches = Batches(listed)
            self._view = View(head=assignment.head, land=land, listed=listed)
        return self._view

    def _list(self, land: Landscape) -> tuple[Mutation, ...]:
        return (*flag_mutations(land), *known_mutations(land, self._noticed.allows))

    def _next(self, view: View, assignment: Assignment, known: Iterable[str]) -> Mutation | None:
        """The next change; parsing takes a while, so it runs in a thread."""
        tried = {*self._tried, *known}
        if (batch := self._batches.next(view.land, tried, self._broken)) is not None:
            return batch
        new = [mutation for mutation in view.listed if mutation.key not in tried and mutation.edit(view.land.contents)]
        if new:
            return max(new, key=lambda each: each.weight * self._payoff.of(each.operator))
        listed = {mutation.key: mutation for mutation in view.listed}
        together = united([listed[key] for key in tuple(self._harmless) if key in listed], view.land)
        if together is not None and together.key not in tried:
            return together
        if self._fruitless >= GIVEN_UP:
            return None
        random = Random(f"{assignment.role} {assignment.number}")  # noqa: S311  # repeats after a restart
        return genetic_mutation(view.land, self._noticed.allows, self._payoff.of, random, tried.__contains__)

    def _nothing_left(self, view: View) -> str:
        if not any(self._noticed.allows(routine) for routine in view.land.hot):
            return unnoticed(view.land, self._noticed)
        return "every known rewrite and flag was tried on this head, and edits of its hot statements bring nothing more"


def _remember(keys: OrderedDict[str, None], key: str) -> None:
    keys[key] = None
    if len(keys) > REMEMBERED:
        keys.popitem(last=False)
