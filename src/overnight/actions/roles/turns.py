"""The port `Worker`: an agent of any kind takes a turn in a folder, in the jail, with models through the gateway.

Several entries of a role are tried in order: the next one goes on in the same folder, with what is known of the turn, if the
one before has no model any more or cannot be started. Whatever else comes of a turn is an outcome: exit codes and last words
prove nothing, so a coder counts by what the folder holds, a reviewer and a planner by an answer that can be read.

An agent that ends without that is asked once more. One that does nothing for long, or longer than its turn may take, is ended;
what it edited by then stays in the folder.
"""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
from anyio import to_thread

from overnight.actions.charter import ActionBudget, Role, RoleSpec, Rules
from overnight.actions.checkouts.commands import reaching
from overnight.actions.findings import ModelUse, TurnOutcome
from overnight.actions.port import Order, TurnParked
from overnight.actions.roles.answers import asks
from overnight.actions.roles.outcomes import WHY, is_usable, read_outcome
from overnight.actions.roles.role_words import AGAIN, system_text
from overnight.agents.agent import Agent, AgentSession
from overnight.agents.context import PATIENCE_S, AgentContext, AgentSpec, agent_limits
from overnight.agents.hindrance import Hindrance
from overnight.agents.port import Task, Turn, TurnFailed
from overnight.agents.recap import Recap
from overnight.agents.registry import AGENTS
from overnight.agents.transcript import EntryKind, Transcript
from overnight.errors import UserError
from overnight.jail.port import Executor
from overnight.ledger.artifacts import ArtifactStore
from overnight.models.port import Models, ModelsParked
from overnight.models.usage import Usage
from overnight.program.scope import path_problem
from overnight.words.foreign import printable, printable_lines
from overnight.words.quantities import duration
from overnight.words.scrubber import Scrubber

LONGEST = 20_000  # characters of what an agent says at last
GO_ON = "Go on with it now, from what the current folder holds, and end as you were asked to."


def agent_name(spec: AgentSpec) -> str:
    """What an agent is called in records: its kind, and the model that is asked for."""
    return f"{spec.template or spec.use}{f' ({spec.model})' if spec.model else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentWorker:
    """Agents in roles, for one action."""

    rules: Rules
    executor: Executor
    scratch: Path
    slot: int
    models: Models | None
    scrubber: Scrubber
    budget: ActionBudget = field(default_factory=ActionBudget)
    artifacts: ArtifactStore | None = None  # that keep transcripts; None: none is kept
    uses: Callable[[], Sequence[ModelUse]] = tuple  # of models since it was called last
    watch: Callable[[Task, EntryKind, str], None] | None = None
    patience_s: float = PATIENCE_S

    async def turn(self, order: Order) -> TurnOutcome:
        """One agent's turn, to its end; whatever comes of it is an outcome."""
        return await _Turn(worker=self, order=order).run()

    def entries(self, order: Order) -> Sequence[RoleSpec]:
        """Who may take a turn, in order: of a reviewer's, first those that are not what made the change."""
        roles = self.rules.roles
        found = [spec for spec in roles if spec.role is order.role] or [spec for spec in roles if spec.role is Role.CODER]
        if not found:
            raise UserError(f"no agent has the role {order.role}", fix="add one to `roles` in actions.md")
        return sorted(found, key=lambda spec: agent_name(spec.agent) == order.unlike)


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One turn under way, over the entries of its role."""

    worker: AgentWorker
    order: Order
    _tried: list[str] = field(default_factory=list)
    _parked: list[ModelsParked] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)  # of the entry that works now, its answers
    _said_before: list[str] = field(default_factory=list)  # of those before it
    _usage: Usage = field(default_factory=Usage)
    _transcripts: list[str] = field(default_factory=list)
    _recap: Recap = field(default_factory=Recap)
    _began: float = field(default_factory=time.monotonic)

    async def run(self) -> TurnOutcome:
        self.worker.uses()  # what a turn before left belongs to that
        unstarted: UserError | None = None
        for spec in self.worker.entries(self.order):
            name = agent_name(spec.agent)
            asked = GO_ON if self._tried else self.order.prompt
            try:
                return await self._outcome(name, await self._play(spec, self._recap.before(asked)))
            except ModelsParked as parked:
                if parked.spent and parked.wait_s is None:  # no other agent can help that
                    return await self._outcome(name, str(parked))
                self._parked.append(parked)
                self._give_up(name, asked, parked)
            except _NotStarted as failed:
                self._give_up(name, asked, failed)
            except UserError as error:
                unstarted = error
                self._give_up(name, asked, error)
        if not self._parked:
            if unstarted:
                raise unstarted
            return await self._outcome(name, self._tried.pop().partition(": ")[2])
        soonest = min(self._parked, key=lambda each: float("inf") if each.wait_s is None else each.wait_s)
        raise TurnParked(soonest, await self._outcome(name, str(soonest))) from soonest

    def _give_up(self, name: str, asked: str, why: Exception) -> None:
        """Note why an agent could not go on; the next one reads what it said."""
        self._tried.append(f"{name}: {printable(str(why), WHY)}")
        said = "\n".join(self._said).strip()
        self._recap.add(asked, f"{said}\n(This was another agent, which had to stop: {why})".strip())

    async def _play(self, spec: RoleSpec, prompt: str) -> str:
        """One agent's part of the turn; why it did not end well, empty if it did.

        Raises:
            ModelsParked: it has no model any more.
            _NotStarted: its program is not there, or does not work.
            UserError: the same, with the fix.
        """
        self._said_before += self._said
        self._said = []
        agent = AGENTS[spec.agent.use](self._context(spec))
        minutes = self.worker.budget.minutes
        left_s = max(1.0, minutes * 60 - (time.monotonic() - self._began))
        try:
            async with self._opened(agent, spec.agent) as session:
                with anyio.move_on_after(left_s):
                    return await self._talk(agent, session, prompt)
                self._said.append(session.transcript.said)  # what it said by then counts, as what it edited does
                return f"it did not end within {duration(minutes * 60)}, and was ended"
        except TurnFailed as failed:  # it cannot be opened: nobody speaks its wire
            raise ModelsParked(str(failed)) from failed

    @asynccontextmanager
    async def _opened(self, agent: Agent, spec: AgentSpec) -> AsyncIterator[AgentSession]:
        order = self.order
        task = Task(
            folder=order.folder,
            role=order.role,
            number=order.action,
            advises=order.role is not Role.CODER,
            may_edit=lambda path: not path_problem(path),  # what an adviser edits is thrown away
            system=system_text(order.role, spec.use),
        )
        opened: list[AgentSession] = []
        try:
            async with agent.open(task) as session:
                opened.append(session)
                yield session
        finally:  # after its end, at which calls that are under way are settled
            self._usage = sum((each.usage for each in opened), self._usage)

    async def _talk(self, agent: Agent, session: AgentSession, prompt: str) -> str:
        turn = await self._say(session, prompt)
        if not turn.fault and not agent.script and not session.ended and (more := await self._once_more(turn.text)):
            turn = await self._say(session, more if agent.remembers else _whole(prompt, turn.text, more))
        return turn.fault

    async def _say(self, session: AgentSession, prompt: str) -> Turn:
        try:
            turn = await session.turn(prompt)
        except TurnFailed as failed:
            turn = Turn(text=session.transcript.said, fault=str(failed))
        except ModelsParked:
            self._said.append(session.transcript.said)
            raise
        self._said.append(turn.text)
        if session.refusal:  # many programs end well all the same
            raise session.refusal
        idle = session.hindrance is Hindrance.PROGRAM and not session.usage.calls and not await self._changed()
        if session.hindrance is Hindrance.MISSING or idle:
            raise _NotStarted(turn.fault)
        return turn

    async def _once_more(self, text: str) -> str:
        """What the agent is asked once more; empty if what it did can be used."""
        order = self.order
        changed = order.role is not Role.CODER or await self._changed()
        return "" if is_usable(order.role, text, changed=changed, paths=order.paths) else AGAIN[order.role]

    async def _changed(self) -> bool:
        """Whether the folder holds a change; to look is slow in a large one, and other actions go on meanwhile."""
        return self.order.changed is None or await to_thread.run_sync(self.order.changed)

    async def _outcome(self, agent: str, fault: str) -> TurnOutcome:
        order, last = self.order, self._said[-1] if self._said else ""
        outcome = TurnOutcome(
            text=printable_lines(last, LONGEST),
            reason=printable(fault, WHY),
            questions=[question] if (question := asks(last)) else [],
            usage=self._usage,
            wall_s=time.monotonic() - self._began,
            agent=agent,
            transcript=self._kept(),
            models=self.worker.uses(),
            tried=tuple(self._tried),
        )
        changed = order.role is not Role.CODER or await self._changed()
        return read_outcome(outcome, order.role, [*self._said_before, *self._said], changed=changed, paths=order.paths)

    def _context(self, role: RoleSpec) -> AgentContext:
        worker, spec = self.worker, role.agent
        limits = role.limits or agent_limits(worker.rules.limits, spec.use)
        return AgentContext(
            spec=spec,
            executor=worker.executor,
            limits=reaching(worker.rules, limits),
            scratch=worker.scratch,
            slot=worker.slot,
            variables=tuple(worker.rules.env),
            models=worker.models,
            patience_s=worker.patience_s,
            watch=worker.watch,
            scrubber=worker.scrubber,
            keep_transcript=self._keep,
        )

    def _keep(self, task: Task, transcript: Transcript) -> None:
        shown = transcript.render(f"action {task.number}, turn {self.order.turn}, {task.role}")
        self._transcripts.append(self.worker.scrubber.text(shown))

    def _kept(self) -> str:
        """The artifact of what was said; empty if nothing was, or it cannot be kept."""
        if self.worker.artifacts is None or not self._transcripts:
            return ""
        path = self.worker.scratch / f"transcript-{self.order.action}-{self.order.turn}.md"
        try:
            path.write_text("\n".join(self._transcripts), encoding="utf-8", errors="replace")
            return self.worker.artifacts.keep(path)
        except OSError:  # a full disk: the turn counts all the same
            return ""


def _whole(prompt: str, said: str, more: str) -> str:
    """What an agent is asked once more that remembers nothing."""
    recap = Recap()
    recap.add(prompt, said)
    return recap.before(more)


class _NotStarted(Exception):  # noqa: N818  # an outcome
    """An agent's program is not there, or cannot be run."""
