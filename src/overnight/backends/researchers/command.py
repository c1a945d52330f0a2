"""The researcher `use: command`: any program that edits the files of its current folder, or a ready template of an agent.

It gets the prompt on stdin, and as a file whose name is in the environment variable `OVERNIGHT_BRIEF`.

The command may be hostile: it runs in the executor's jail, and what it leaves is not followed through symbolic links
here. Not covered: what it writes into the workspace, which the scope check reads.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.backends.researchers.activity import Activity, unless_idle
from overnight.backends.researchers.brief_file import remove_brief_file, write_brief_file
from overnight.backends.researchers.desk import Desk
from overnight.backends.researchers.hypothesis import last_line
from overnight.backends.researchers.installation import installation
from overnight.backends.researchers.surroundings import surroundings
from overnight.backends.researchers.templates import TEMPLATES, Template
from overnight.backends.researchers.turns import Session, Turn, TurnResearcher
from overnight.errors import UserError
from overnight.files.folders import read_tail
from overnight.jail.job import Ending, Job, JobResult
from overnight.jail.port import Link
from overnight.models.port import ModelRun
from overnight.ports import Assignment, ProposalFailed

BRIEF_VARIABLE = "OVERNIGHT_BRIEF"
TAIL_BYTES = 64 * 1024  # of the output that is read


def command_researcher(desk: Desk) -> TurnResearcher:
    """The researcher of a program's command, or of a template.

    Raises:
        UserError: the template's program is not on PATH.
    """
    if desk.spec.template:
        _require(TEMPLATES[desk.spec.template])

    @asynccontextmanager
    async def opens(assignment: Assignment, run: ModelRun | None) -> AsyncIterator[Session]:
        yield _CommandSession(desk=desk, assignment=assignment, run=run)

    template = desk.spec.template
    return TurnResearcher(template or "command", desk, opens, script=not template)


def _require(template: Template) -> None:
    if shutil.which(template.program) is None:
        raise UserError(f"the agent program `{template.program}` is not on PATH", mend=f"install it: {template.install}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _CommandSession:
    """Each turn is a run of the command; the workspace is all that it remembers."""

    desk: Desk
    assignment: Assignment
    run: ModelRun | None

    async def turn(self, prompt: str) -> Turn:
        if prompt != self.assignment.brief:
            prompt = f"{self.assignment.brief}\n\n---\n\n{prompt}"
        brief = write_brief_file(self.assignment.workspace, prompt)
        output = self.desk.scratch / f"proposal-{self.desk.slot}-{self.assignment.number}.log"
        try:
            result = await self._run(brief, prompt, output)
            said = read_tail(output, TAIL_BYTES)
        finally:
            output.unlink(missing_ok=True)
            gone = remove_brief_file(brief)
        if not gone:
            raise ProposalFailed("the command put something in the place of its brief that cannot be removed")
        return Turn(text=said, fault=_fault(result, said))

    async def _run(self, brief: Path, prompt: str, output: Path) -> JobResult:
        spec, run, folder = self.desk.spec, self.run, self.assignment.workspace
        job = Job(
            command=TEMPLATES[spec.template].command if spec.template else spec.command or "",
            readable=installation(TEMPLATES[spec.template].program if spec.template else spec.command or ""),
            folder=folder,
            output=output,
            limits=self.desk.limits,
            environment={**self._environment(), BRIEF_VARIABLE: brief.name},
            stdin=prompt.encode(),
            slot=self.desk.slot,
        )
        link = Link(port=run.port, listen=run.listen) if run else None
        running = self.desk.executor.run(job, link)
        return await unless_idle(running, Activity(folder, output, run).idle_s, self.desk.patience_s)

    def _environment(self) -> dict[str, str]:
        spec, run = self.desk.spec, self.run
        own = TEMPLATES[spec.template].environment(run.url, run.model) if spec.template and run else {}
        return {**surroundings(run), **own}


def _fault(result: JobResult, said: str) -> str:
    """Why the run did not end well, in one line; empty if it did."""
    last = f": {last_line(said)}" if last_line(said) else ""
    if result.ending is not Ending.EXITED:
        return f"the command was ended ({result.ending}){': ' + result.detail if result.detail else last}"
    return f"the command exited with {result.exit_code}{last}" if result.exit_code else ""
