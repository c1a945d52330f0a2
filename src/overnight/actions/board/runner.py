"""One action, from its start until it waits for a person: the next step by its state, recorded, and so on.

Each step begins from what is recorded, so a kill at any moment costs no more than the step that was under way.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.actions.charter import ActionBudget, Request, Role, Rules
from overnight.actions.events import Checked, Event, Planned, Reviewed, TurnBegun, TurnCut, TurnEnded, Waiting
from overnight.actions.findings import Plan, TurnOutcome
from overnight.actions.port import Checkout, Checks, TurnParked, Worker
from overnight.actions.roles.orders import order_of
from overnight.actions.roles.planning import split_requests
from overnight.actions.state import Action, Stage
from overnight.actions.trunk.merging import Merging
from overnight.models.usage import Usage
from overnight.words.foreign import one_line
from overnight.words.quantities import counted

MESSAGE = "{title}\n\n{text}\n"
LEFT = "What an agent left whose turn was cut off.\n"
REASON = 300  # characters
ASKS_AGENT = frozenset((Stage.PLANNING, Stage.RESEARCHING, Stage.CODING, Stage.REVIEWING))  # and so uses the budget

Step = Callable[[Action], Awaitable[Action]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRunner:
    """Takes one action on, step by step."""

    rules: Rules
    worker: Worker
    checkout: Checkout
    checks: Checks
    merging: Merging
    deliver: Step
    record: Callable[[Event], Action]  # the action after the event
    split: Callable[[Planned, Sequence[Request]], Action]  # the same, once its parts are asked for
    goes_on: Callable[[Action], bool]  # whether its next step may begin now
    scrub: Callable[[str], str] = str  # hides secrets in what is said of an error
    uncounted: Callable[[], Usage] = Usage  # what the turn under way has used of models

    @property
    def steps(self) -> Mapping[Stage, Step]:
        """What is done in each stage in which there is something to do."""
        return {
            Stage.PLANNING: self._plan,
            Stage.RESEARCHING: self._research,
            Stage.CODING: self._code,
            Stage.CHECKING: self._check,
            Stage.REVIEWING: self._review,
            Stage.READY: self._present,
            Stage.MERGING: self.merging.step,
            Stage.DELIVERING: self.deliver,
        }

    async def run(self, action: Action) -> Action:
        """Go on until the action waits for a person or may not go on, or has ended."""
        steps = self.steps
        while (step := steps.get(action.stage)) and self.goes_on(action):
            if action.stage in ASKS_AGENT and (why := spent(action, action.request.budget or self.rules.budget)):
                action = self.record(Waiting(action=action.number, why=why))
                continue
            before, action = action, await step(action)
            if action == before or (action.stage is before.stage is Stage.MERGING):
                break  # nothing can be done now: the trunk cannot be moved
        return action

    async def _plan(self, action: Action) -> Action:
        outcome = await self._advise(action, Role.PLANNER, action.base)
        plan = outcome.plan or Plan()
        planned = Planned(action=action.number, plan=plan, outcome=outcome)
        if plan.split:
            budget = action.request.budget or self.rules.budget
            return self.split(planned, split_requests(action.request, plan, budget))
        return self.record(planned)

    async def _research(self, action: Action) -> Action:
        turn = action.turns + 1
        outcome = await self._advise(action, Role.RESEARCHER, action.start)
        return self.record(TurnEnded(action=action.number, turn=turn, role=Role.RESEARCHER, outcome=outcome))

    async def _code(self, action: Action) -> Action:
        start, turn = action.start, action.turns + 1
        folder = await to_thread.run_sync(self.checkout.create, start)
        try:
            outcome = await self._turn(action, Role.CODER, folder)
            message = MESSAGE.format(title=action.request.title, text=outcome.text)
            commit, not_taken = await self._commit(folder, action, message)
        except BaseException as error:  # a cancellation too: what it left is kept
            with anyio.CancelScope(shield=True):
                left, _ = await self._commit(folder, action, LEFT)
                self._cut(action, turn, Role.CODER, error, left)
            raise
        finally:
            await self._remove(folder)
        done = commit or action.left or action.onto  # there may be nothing to add to what it began with
        outcome = replace(outcome, not_taken=not_taken)
        return self.record(TurnEnded(action=action.number, turn=turn, role=Role.CODER, outcome=outcome, commit=done))

    async def _commit(self, folder: Path, action: Action, message: str) -> tuple[str, Sequence[str]]:
        def commit() -> tuple[str, Sequence[str]]:
            turn = action.turns + 1
            return self.checkout.commit(folder, base=action.start, action=action.number, turn=turn, message=message)

        return await to_thread.run_sync(commit)

    async def _remove(self, folder: Path) -> None:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(self.checkout.remove, folder)

    async def _check(self, action: Action) -> Action:
        evidence = await self.checks.evidence(
            base=action.commit_base, commit=action.commit, request=action.request, rules=self.rules
        )
        left = self.merging.leftovers(action, action.commit)
        evidence = replace(evidence, after=(*evidence.after, *left))
        return self.record(Checked(action=action.number, commit=action.commit, evidence=evidence))

    async def _review(self, action: Action) -> Action:
        outcome = await self._advise(action, Role.REVIEWER, action.commit)
        found, missing = outcome.findings, outcome.reason if outcome.findings is None else ""
        reviewed = Reviewed(action=action.number, commit=action.commit, findings=found or (), outcome=outcome, missing=missing)
        return self.record(reviewed)

    async def _advise(self, action: Action, role: Role, commit: str) -> TurnOutcome:
        """A turn of an agent whose words are wanted, and none of its edits."""
        folder, turn = await to_thread.run_sync(self.checkout.create, commit), action.turns + 1
        try:
            return await self._turn(action, role, folder)
        except BaseException as error:
            self._cut(action, turn, role, error)
            raise
        finally:
            await self._remove(folder)

    async def _turn(self, action: Action, role: Role, folder: Path) -> TurnOutcome:
        self.record(TurnBegun(action=action.number, turn=action.turns + 1, role=role))
        order = await to_thread.run_sync(partial(order_of, action, role, folder, rules=self.rules, checkout=self.checkout))
        return await self.worker.turn(order)

    def _cut(self, action: Action, turn: int, role: Role, error: BaseException, left: str = "") -> None:
        why = (
            "it was stopped" if isinstance(error, anyio.get_cancelled_exc_class()) else one_line(self.scrub(str(error)), REASON)
        )
        usage = error.outcome.usage if isinstance(error, TurnParked) else self.uncounted()
        self.record(
            TurnCut(action=action.number, turn=turn, role=role, why=why or type(error).__name__, commit=left, usage=usage)
        )

    async def _present(self, action: Action) -> Action:
        if word := self.merging.carried(action):
            return self.record(word)
        why = action.unusable
        if action.evidence and action.evidence.broken:
            first = action.evidence.broken[0]
            why = f"checks fail: {first.reason}{f' ({first.note})' if first.note else ''}"
        return self.record(Waiting(action=action.number, why=why))


def spent(action: Action, budget: ActionBudget) -> str:
    """What of its budget an action has used up since a person's newest word, one line; empty while it may go on."""
    tokens = action.usage.tokens - action.usage_before.tokens
    cost_usd = action.usage.cost_usd - action.usage_before.cost_usd
    used = (
        (action.turns - action.turns_before, budget.turns, counted(budget.turns, "turn") + " of agents"),
        (tokens, budget.tokens, f"{budget.tokens:,} tokens" if budget.tokens is not None else ""),
        (cost_usd, budget.cost_usd, f"${budget.cost_usd}"),
    )
    gone = next((words for value, limit, words in used if limit is not None and value >= limit), "")
    missing = "" if action.findings is not None or not action.commit else "; its newest commit was not reviewed"
    return f"its budget is used up: {gone}{missing}" if gone else ""
