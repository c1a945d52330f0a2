"""`use: acp`: an agent program that speaks the Agent Client Protocol, in the jail, over its stdin and stdout.

The program is started for each session, in the executor's jail, and ended after it; its stderr is kept apart, for messages.
A session goes on after a prompt that the agent refused or ended badly. It has ended when the agent hung or broke, or when a
turn was cut off: what it says later would be mixed with the next turn.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from overnight.agents.acp.client import Client
from overnight.agents.acp.incoming import LIMITS, Incoming
from overnight.agents.acp.peer import Peer, Refused
from overnight.agents.activity import Activity, unless_idle
from overnight.agents.agent import Agent
from overnight.agents.context import AgentContext
from overnight.agents.environment import agent_environment, variables_beside
from overnight.agents.hindrance import NOT_RUN
from overnight.agents.installation import installation
from overnight.agents.port import ProgramMissing, Session, Task, Turn, TurnFailed
from overnight.agents.programs import ACP
from overnight.agents.task_group import companion_tasks
from overnight.agents.transcript import Transcript
from overnight.files.folders import read_tail
from overnight.jail.job import Job, with_variables
from overnight.jail.port import Door, Executor, Link
from overnight.models.port import ModelRun
from overnight.words.failure import headline

NAME = "acp"
CANCEL_S = 1.0  # for the last message to the agent
ENDING_S = 5.0  # for a process that was killed to be gone, on a busy machine
_TAIL_BYTES = 4096  # of its stderr


def acp_agent(context: AgentContext) -> Agent:
    """The agent of a program that speaks ACP."""

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        ours, theirs = socket.socketpair()
        output = context.scratch / f"acp-{context.slot}-{task.number}.log"
        environment = agent_environment(run)
        job = Job(
            command=with_variables(context.spec.command or "", variables_beside(context.variables, environment)),
            folder=task.folder,
            output=output,
            limits=context.limits,
            environment=environment,
            readable=installation(context.spec.command or ""),
            slot=context.slot,
            role=task.role,
            number=task.number,
        )
        link = Link(talk=theirs, doors=(Door(port=run.port, listen=run.listen),) if run else ())
        reader, writer = await asyncio.open_connection(sock=ours, limit=LIMITS.line_bytes)
        try:
            async with companion_tasks() as tasks:
                client = Client(transcript)
                peer = Peer(Incoming(reader), writer, on_notification=client.on_notification, on_request=client.on_request)
                running = _RunningJob()
                tasks.start_soon(running.run, context.executor, job, link)
                tasks.start_soon(peer.listen)
                yield _AcpSession(
                    context=context, folder=task.folder, output=output, run=run, client=client, peer=peer, job=running
                )
        finally:
            writer.close()
            output.unlink(missing_ok=True)

    wires = next((each.wires for each in ACP if each.command == context.spec.command), ())
    return Agent(name=NAME, context=context, opens=opens, wires=wires)


@dataclass(slots=True)
class _RunningJob:
    """The agent's process, and why it was ended if it was not its own doing."""

    detail: str = ""
    missing: bool = False  # the program is not there, or cannot be run
    _done: anyio.Event = field(default_factory=anyio.Event)

    async def run(self, executor: Executor, job: Job, link: Link) -> None:
        result = await executor.run(job, link)
        self.detail, self.missing = result.detail, result.exit_code in NOT_RUN
        self._done.set()

    async def ended(self) -> None:
        """Wait until it has, which it does soon after its connection broke; not long, as it may close that alone."""
        with anyio.move_on_after(ENDING_S):
            await self._done.wait()


@dataclass(slots=True, kw_only=True)
class _AcpSession:
    context: AgentContext
    folder: Path
    output: Path
    run: ModelRun | None
    client: Client
    peer: Peer
    job: _RunningJob
    _open: bool = False
    _ended: str = ""

    @property
    def ended(self) -> str:
        return self._ended or (self._with_complaint(self.peer.ended) if self.peer.ended else "")

    async def turn(self, prompt: str) -> Turn:
        activity = Activity(self.folder, self.output, self.run, lambda: self.client.received)
        try:
            return await unless_idle(self._turn(prompt), activity.idle_s, self.context.patience_s)
        except TurnFailed as failed:
            if self.peer.closed:
                await self.job.ended()
            why = self._with_complaint(str(failed))
            if not (self._open and isinstance(failed, Refused)):  # a refused prompt is over, and the session is as before
                self._ended = why
                await self._cancel()
            raise (ProgramMissing(why) if self.job.missing else TurnFailed(why)) from failed
        except anyio.get_cancelled_exc_class():
            self._ended = "a turn was cut off, and the agent may still be at work on it"
            raise

    async def _turn(self, prompt: str) -> Turn:
        if not self._open:
            inside = self.context.executor.folder_of(self.folder)
            await self.client.begin(self.peer, inside, self.context.spec.model, self.run)
            self._open = True
        return await self.client.turn(self.peer, prompt)

    def _with_complaint(self, why: str) -> str:
        """A reason, and why we ended the agent, else the line that it printed on stderr which says most."""
        complaint = self.job.detail or headline(read_tail(self.output, _TAIL_BYTES))
        return f"{why}{': ' + complaint if complaint else ''}"

    async def _cancel(self) -> None:
        with suppress(TurnFailed), anyio.move_on_after(CANCEL_S):  # an agent that does not read its input gets no message
            await self.client.cancel(self.peer)
