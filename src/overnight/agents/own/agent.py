"""`use: agent`: our own agent, a linear dialogue with one tool, the shell; an answer without it ends the turn.

Its shell runs in the jail, a new one for each command. It may run what it likes there, the program's own measure command too:
nothing of that counts.

A call that a model writes as text is run like any other. A lone block of shell may as well be an explanation: it is run unless
the answer has a hypothesis and the edit is there, and never for an adviser, who is asked for words. A turn also ends with an
answer that calls the tool, if that has the line of a hypothesis, its commands end well, and the edit is there after them.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio

from overnight.agents.agent import Agent
from overnight.agents.asking import Asker, less_room, with_less
from overnight.agents.context import AgentContext
from overnight.agents.hypothesis import has_hypothesis
from overnight.agents.own.compaction import LIMIT_TOKENS, compact, squeeze, tokens
from overnight.agents.own.prompt import ADVISE, CUT, NOT_RUN, OUTPUT_OF, REPEATED, SHOWN, SYSTEM, TOO_MANY, in_jail
from overnight.agents.own.repeats import Repeats
from overnight.agents.own.shell import Shell, ended_well
from overnight.agents.own.tool import SHELL, ShellCommand, shell_block
from overnight.agents.port import Session, Task, Turn
from overnight.agents.transcript import EntryKind, Transcript
from overnight.models.asking.ask import ANSWER_TOKENS, Answer
from overnight.models.asking.bounds import CALLS
from overnight.models.asking.messages import Message, ToolResult, UserMessage, open_calls
from overnight.models.asking.tools import BadCall, Call
from overnight.models.port import ModelRun, ModelsParked
from overnight.words.foreign import printable
from overnight.words.quantities import duration

NAME = "agent"
STEPS = 60  # requests in one turn
COMMANDS = 4 * STEPS  # in one turn; each may take as long as a job may
TURN_S = 2 * 3600.0  # of one turn, at the least: models on one's own processors take minutes a step
JOBS = 8  # of full length have room in a turn


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
        self._task = task
        self._system = in_jail(task.system or (ADVISE if task.advises else SYSTEM), context.limits)
        self._shell = Shell(context=context, workspace=task.folder, role=task.role, number=task.number)
        self._turn_s = max(TURN_S, JOBS * context.limits.wall_s)
        self._entries: list[Message] = []
        self._limit, self._answer_tokens = LIMIT_TOKENS, ANSWER_TOKENS  # smaller once a model has no room for so much
        self._repeats = Repeats(task.folder)
        self._said, self._commands = "", 0  # in this turn

    @property
    def ended(self) -> str:
        """Never: the dialogue is ours, so it can go on after any turn."""
        return ""

    async def turn(self, prompt: str) -> Turn:
        """Send a prompt, and run what the model asks for until it answers in words alone, or a limit is reached."""
        self._entries += [ToolResult(id=call.id, name=call.name, text=NOT_RUN) for call in open_calls(self._entries)]
        self._entries.append(UserMessage(text=prompt))
        self._repeats = Repeats(self._task.folder)
        self._said, self._commands = "", 0
        fault = f"it did not end within {duration(self._turn_s)}"
        with anyio.move_on_after(self._turn_s):
            fault = await self._steps()
        return Turn(text=self._said, fault=fault)

    async def _steps(self) -> str:
        """Go on until the turn ends; why it did not end well, empty if it did."""
        for _ in range(STEPS):
            answer = await self._ask()
            self._said = answer.text or self._said
            block = "" if answer.calls else self._block(answer)
            if not answer.calls and not block and not answer.cut:
                return ""
            ended_well, fault = await self._run([block] if block else answer.calls)
            if fault or (ended_well and has_hypothesis(answer.text) and self._task.done()):
                return fault
            if answer.left_out:
                self._entries.append(UserMessage(text=TOO_MANY.format(n=answer.left_out, most=CALLS)))
            if answer.cut and not answer.calls:
                self._entries.append(UserMessage(text=CUT))
        return f"it did not end within {STEPS} steps"

    async def _ask(self) -> Answer[None]:
        """One request; the answer is part of the dialogue."""
        self._entries = compact(self._entries, self._limit)
        said = await with_less(self._said_next, self._shorten)
        self._entries.append(said.message)
        return said

    async def _said_next(self) -> Answer[None]:
        return await self._asker.ask(self._entries, system=self._system, most_output=self._answer_tokens, tools=[SHELL])

    def _shorten(self) -> None:
        self._answer_tokens = less_room(self._answer_tokens)
        self._limit = tokens(self._entries) // 2
        self._entries = squeeze(self._entries, self._limit)

    def _block(self, answer: Answer[None]) -> str:
        """The block of shell in an answer that is to be run; none of one that was cut, for a part of a command is none."""
        block = "" if answer.cut else shell_block(answer.text)
        return "" if block and self._explains(answer.text) else block

    def _explains(self, text: str) -> bool:
        """Whether a block of shell in an answer is an explanation."""
        return self._task.advises or (has_hypothesis(text) and self._task.done())

    async def _run(self, calls: Sequence[Call | BadCall | str]) -> tuple[bool, str]:
        """Run the commands of one answer: whether all ended well, and why the turn is over, empty if it is not."""
        well = bool(calls)
        for call in calls:
            if self._commands == COMMANDS:
                return well, f"it did not end within {COMMANDS} commands"
            self._commands += 1
            command = _command(call)
            self._transcript.add(EntryKind.CALL, command or "(a call that cannot be read)")
            result = await self._shell.run(command)
            self._transcript.add(EntryKind.OUTPUT, result)
            well = well and ended_well(result)
            repetition = self._repeats.count(command, result)
            self._entries.append(_result(call, f"{result}\n{REPEATED}" if repetition.noticed else result))
            if repetition.over:
                return well, "it repeated the same command in an unchanged folder"
        return well, ""


def _command(call: Call | BadCall | str) -> str | None:
    if isinstance(call, str):
        return call
    return call.input.command if isinstance(call, Call) and isinstance(call.input, ShellCommand) else None


def _result(call: Call | BadCall | str, text: str) -> Message:
    """What a command printed, in the form in which it was called."""
    if isinstance(call, str) or (isinstance(call, Call) and call.written):
        return UserMessage(text=OUTPUT_OF.format(command=printable(_command(call) or "", SHOWN), output=text))
    return ToolResult(id=call.id, name=call.said.name, text=text)
