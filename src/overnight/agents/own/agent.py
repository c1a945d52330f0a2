"""`use: agent`: our own agent, a linear dialogue with one tool, the shell; an answer without it ends the turn.

Its shell runs in the jail, a new one for each command. It may run what it likes there, the program's own measure command too:
nothing of that counts.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overnight.agents.agent import Agent
from overnight.agents.chat.asking import Asker
from overnight.agents.chat.bounds import CALLS
from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage, open_calls
from overnight.agents.context import AgentContext
from overnight.agents.own.compaction import compact
from overnight.agents.own.prompt import ADVISE, CUT, NOT_RUN, REPEATED, SYSTEM, TOO_MANY
from overnight.agents.own.repeats import Repeats
from overnight.agents.own.shell import Shell
from overnight.agents.port import Session, Task, Turn
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.port import ModelRun, ModelsParked

NAME = "agent"
STEPS = 60  # requests in one turn
COMMANDS = 4 * STEPS  # in one turn; each may take as long as a job may
REPEATS = 3  # of the same command with the same outcome in an unchanged folder, until the turn is over
ANSWER_TOKENS = 8192


def own_agent(context: AgentContext) -> Agent:
    """Our own agent."""

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        if run is None:
            raise ModelsParked("no provider of models is set up")
        yield Dialogue(context, task, run, transcript)

    return Agent(name=NAME, context=context, opens=opens, program=False)


class Dialogue:
    """One session: what was said so far, and the workspace that its commands run in."""

    def __init__(self, context: AgentContext, task: Task, run: ModelRun, transcript: Transcript) -> None:
        """Raises TurnFailed if no provider speaks a wire of ours."""
        self._asker = Asker(run, transcript)
        self._transcript = transcript
        self._system = ADVISE if task.advises else SYSTEM
        self._shell = Shell(context=context, workspace=task.folder, number=task.number)
        self._folder = task.folder
        self._entries: list[Entry] = []
        self._repeats = Repeats(task.folder)

    @property
    def ended(self) -> str:
        """Never: the dialogue is ours, so it can go on after any turn."""
        return ""

    async def turn(self, prompt: str) -> Turn:
        """Send a prompt, and run what the model asks for until it answers in words alone."""
        self._entries += [ToolResult(id=call.id, text=NOT_RUN) for call in open_calls(self._entries)]
        self._repeats = Repeats(self._folder)
        self._entries.append(UserMessage(text=prompt))
        said, commands = "", 0
        for _ in range(STEPS):
            try:
                answer = await self._ask()
            except ModelsParked as parked:
                return Turn(text=said, fault=str(parked))
            said = answer.text or said
            if not answer.calls and not answer.cut:
                return Turn(text=said)
            for call in answer.calls:
                if commands == COMMANDS:
                    return Turn(text=said, fault=f"it did not end within {COMMANDS} commands")
                commands += 1
                if await self._do(call) > REPEATS:
                    return Turn(text=said, fault="it repeated the same command in an unchanged folder")
            if answer.left_out:
                self._entries.append(UserMessage(text=TOO_MANY.format(n=answer.left_out, most=CALLS)))
            if answer.cut and not answer.calls:
                self._entries.append(UserMessage(text=CUT))
        return Turn(text=said, fault=f"it did not end within {STEPS} steps")

    async def _ask(self) -> ModelMessage:
        """One request; the answer is part of the dialogue."""
        self._entries = compact(self._entries)
        said = await self._asker.ask(self._entries, system=self._system, most_tokens=ANSWER_TOKENS, tools=True)
        self._entries.append(said)
        return said

    async def _do(self, call: ToolCall) -> int:
        """Run a command and add what it printed; how often just this was seen."""
        self._transcript.add(EntryKind.CALL, call.command or "(a call that cannot be read)")
        result = await self._shell.run(call.command)
        self._transcript.add(EntryKind.OUTPUT, result)
        times = self._repeats.count(call.command, result)
        self._entries.append(ToolResult(id=call.id, text=f"{result}\n{REPEATED}" if times > 1 else result))
        return times
