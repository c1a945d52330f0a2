"""The researcher `use: acp`: an agent program that speaks the Agent Client Protocol, in the jail, over its stdin and stdout.

The program is started for each proposal, in the executor's jail, and ended after it; its stderr is kept apart, for messages.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.backends.researchers.acp.client import Client
from overnight.backends.researchers.acp.peer import LONGEST_LINE, Peer
from overnight.backends.researchers.activity import Activity, unless_idle
from overnight.backends.researchers.desk import Desk
from overnight.backends.researchers.hypothesis import last_line
from overnight.backends.researchers.installation import installation
from overnight.backends.researchers.nursery import companions
from overnight.backends.researchers.surroundings import surroundings
from overnight.backends.researchers.turns import Session, Turn, TurnResearcher
from overnight.files.folders import read_tail
from overnight.jail.job import Job
from overnight.jail.port import Link
from overnight.models.port import ModelRun
from overnight.ports import Assignment, ProposalFailed

NAME = "acp"
CANCEL_S = 1.0  # for our last word to the agent
_TAIL_BYTES = 4096  # of its stderr


def acp_researcher(desk: Desk) -> TurnResearcher:
    """The researcher of a program that speaks ACP."""

    @asynccontextmanager
    async def opens(assignment: Assignment, run: ModelRun | None) -> AsyncIterator[Session]:
        ours, theirs = socket.socketpair()
        output = desk.scratch / f"acp-{desk.slot}-{assignment.number}.log"
        job = Job(
            command=desk.spec.command or "",
            folder=assignment.workspace,
            output=output,
            limits=desk.limits,
            environment=surroundings(run),
            readable=installation(desk.spec.command or ""),
            slot=desk.slot,
        )
        link = Link(talk=theirs, port=run.port, listen=run.listen) if run else Link(talk=theirs)
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
        try:
            async with companions() as tasks:
                client = Client()
                peer = Peer(reader, writer, told=client.told, asked=client.asked)
                tasks.start_soon(desk.executor.run, job, link)
                tasks.start_soon(peer.listen)
                yield _AcpSession(desk=desk, folder=assignment.workspace, output=output, run=run, client=client, peer=peer)
        finally:
            writer.close()
            output.unlink(missing_ok=True)

    return TurnResearcher(NAME, desk, opens)


@dataclass(slots=True, kw_only=True)
class _AcpSession:
    desk: Desk
    folder: Path
    output: Path
    run: ModelRun | None
    client: Client
    peer: Peer
    _begun: bool = False

    async def turn(self, prompt: str) -> Turn:
        activity = Activity(self.folder, self.output, self.run, lambda: self.client.updates)
        try:
            return await unless_idle(self._turn(prompt), activity.idle_s, self.desk.patience_s)
        except ProposalFailed as failed:
            with suppress(ProposalFailed), anyio.move_on_after(CANCEL_S):  # one that does not read cannot be told
                await self.client.cancel(self.peer)
            complaint = last_line(read_tail(self.output, _TAIL_BYTES))
            raise ProposalFailed(f"{failed}{': ' + complaint if complaint else ''}") from failed

    async def _turn(self, prompt: str) -> Turn:
        if not self._begun:
            self._begun = True
            inside = self.desk.executor.folder_of(self.folder)
            await self.client.begin(self.peer, inside, self.desk.spec.model, self.run)
        return await self.client.turn(self.peer, prompt)
