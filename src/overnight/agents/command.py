"""`use: command`: any program that edits the files of its current folder, or a ready template of an agent.

It gets the prompt on stdin, and as a file whose name is in the environment variable `OVERNIGHT_BRIEF`. It is run again for each
turn; in a further one it gets the brief and what was said since before the prompt.

The command may be hostile: it runs in the executor's jail, and what it leaves is not followed through symbolic links
here. Not covered: what it writes into the workspace, which the scope check reads.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from overnight.agents.activity import Activity, unless_idle
from overnight.agents.agent import Agent
from overnight.agents.brief_file import remove_brief_file, write_brief_file
from overnight.agents.context import AgentContext
from overnight.agents.environment import agent_environment, variables_beside
from overnight.agents.hindrance import NOT_RUN
from overnight.agents.installation import installation
from overnight.agents.port import Session, Task, Turn, TurnFailed
from overnight.agents.recap import Recap
from overnight.agents.templates import TEMPLATES, Template
from overnight.agents.transcript import EntryKind, Transcript
from overnight.errors import UserError
from overnight.files.folders import read_tail
from overnight.jail.job import Job, JobEnding, JobResult, with_variables
from overnight.jail.port import Door, Link
from overnight.models.port import ModelRun
from overnight.words.failure import headline

BRIEF_VARIABLE = "OVERNIGHT_BRIEF"
TAIL_BYTES = 64 * 1024  # of the output that is read


def command_agent(context: AgentContext) -> Agent:
    """The agent of a program's command, or of a template.

    Raises:
        UserError: the template's program is not on PATH.
    """
    if context.spec.template:
        _require(TEMPLATES[context.spec.template])

    @asynccontextmanager
    async def opens(task: Task, run: ModelRun | None, transcript: Transcript) -> AsyncIterator[Session]:
        yield _CommandSession(context=context, task=task, run=run, transcript=transcript)

    template = context.spec.template
    wires = TEMPLATES[template].wires if template else ()
    return Agent(name=template or "command", context=context, opens=opens, wires=wires, script=not template)


def _require(template: Template) -> None:
    if shutil.which(template.program) is None:
        raise UserError(f"the agent program `{template.program}` is not on PATH", fix=f"install it: {template.install}")


@dataclass(slots=True, kw_only=True)
class _CommandSession:
    """Each turn is a run of the command, after which no process of it is left; so one that failed does not end the session."""

    context: AgentContext
    task: Task
    run: ModelRun | None
    transcript: Transcript
    ended: str = ""
    _recap: Recap = field(default_factory=Recap)

    async def turn(self, prompt: str) -> Turn:
        try:
            turn = await self._turn(self._recap.before(prompt))
        except BaseException as error:  # a cancellation too: the next prompt says what was asked
            why = f"came to nothing: {error}" if isinstance(error, TurnFailed) else "was cut off"
            self._recap.add(prompt, f"(The turn {why}.)")
            raise
        self._recap.add(prompt, f"{turn.text}\n(The turn ended badly: {turn.fault})" if turn.fault else turn.text)
        return turn

    async def _turn(self, prompt: str) -> Turn:
        brief = write_brief_file(self.task.folder, prompt)
        output = self.context.scratch / f"proposal-{self.context.slot}-{self.task.number}.log"
        try:
            result = await self._run(brief, prompt, output)
        finally:
            said = self.transcript.hide(read_tail(output, TAIL_BYTES))  # before it is shortened, which may cut a secret
            self.transcript.append(EntryKind.OUTPUT, said)
            output.unlink(missing_ok=True)
            gone = remove_brief_file(brief)
        if not gone:
            self.ended = "the command put something in the place of its brief that cannot be removed"
            raise TurnFailed(self.ended)
        return Turn(text=said, fault=_fault(result, said), missing=result.exit_code in NOT_RUN)

    async def _run(self, brief: Path, prompt: str, output: Path) -> JobResult:
        spec, run, folder = self.context.spec, self.run, self.task.folder
        environment = {**self._environment(), BRIEF_VARIABLE: brief.name}
        command = TEMPLATES[spec.template].command if spec.template else spec.command or ""
        job = Job(
            command=with_variables(command, variables_beside(self.context.variables, environment)),
            readable=installation(TEMPLATES[spec.template].program if spec.template else spec.command or ""),
            folder=folder,
            output=output,
            limits=self.context.limits,
            environment=environment,
            stdin=prompt.encode(),
            slot=self.context.slot,
            role=self.task.role,
            number=self.task.number,
        )
        link = Link(doors=(Door(port=run.port, listen=run.listen),)) if run else None
        running = self.context.executor.run(job, link)
        return await unless_idle(running, Activity(folder, output, run).idle_s, self.context.patience_s)

    def _environment(self) -> dict[str, str]:
        spec, run = self.context.spec, self.run
        own = TEMPLATES[spec.template].environment(run.url, run.model) if spec.template and run else {}
        return {**agent_environment(run), **own}


def _fault(result: JobResult, said: str) -> str:
    """Why the run did not end well, in one line; empty if it did."""
    said = headline(said)
    last = f": {said}" if said else ""
    if result.ending is not JobEnding.EXITED:
        return f"the command was ended ({result.ending}){': ' + result.detail if result.detail else last}"
    return f"the command exited with {result.exit_code}{last}" if result.exit_code else ""
