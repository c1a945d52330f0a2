"""The researcher `use: command`: any program that edits the files of its current folder.

It gets the brief on stdin, and as a file whose name is in the environment variable `OVERNIGHT_BRIEF`. Its hypothesis is
its last line that starts with `HYPOTHESIS:`, else its last line.

The command may be hostile: it runs in the executor's jail, and what it leaves is not followed through symbolic links
here. Not covered: what it writes into the workspace, which the scope check reads.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from overnight.core.text import printable
from overnight.ports import Assignment, Executor, ProposalFailed
from overnight.records.experiment import Draft, Experiment
from overnight.records.job import Ending, Job, JobResult
from overnight.records.program import Limits, ResearcherSpec

BRIEF = ".overnight-brief.md"
BRIEF_VARIABLE = "OVERNIGHT_BRIEF"
HYPOTHESIS = "HYPOTHESIS:"
LONGEST = 300  # characters of a hypothesis
TAIL_BYTES = 64 * 1024  # of the output in which it is looked for


class CommandResearcher:
    """Runs a command in the workspace for each proposal."""

    name = "command"

    def __init__(self, spec: ResearcherSpec, *, executor: Executor, limits: Limits, scratch: Path, slot: int) -> None:
        """`scratch` is a folder outside any workspace, for the output; `slot` is the executor's, shared with no trial."""
        self._command = spec.command or ""
        self._executor = executor
        self._limits = limits
        self._scratch = scratch
        self._slot = slot

    def learn(self, experiment: Experiment) -> None:
        """Nothing: the command learns from the brief."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Let the command edit the workspace.

        Raises:
            ProposalFailed: it failed, ran into a limit or said nothing.
            SandboxError: it could not be started through a fault of the machine.
        """
        brief = _write_brief(assignment)
        output = self._scratch / f"proposal-{self._slot}-{assignment.number}.log"
        job = Job(
            command=self._command,
            folder=assignment.workspace,
            output=output,
            limits=self._limits,
            environment={BRIEF_VARIABLE: brief.name},
            stdin=assignment.brief.encode(),
            slot=self._slot,
        )
        try:
            result = await self._executor.run(job)
            lines = _last_lines(output)
        finally:
            output.unlink(missing_ok=True)
            gone = _remove(brief)
        failed = _failure(result, lines)
        if not failed and not gone:
            failed = "the command put something in the place of its brief that cannot be removed"
        if failed:
            raise ProposalFailed(failed)
        return Draft(hypothesis=_hypothesis(lines))


def _write_brief(assignment: Assignment) -> Path:
    """Write the brief into the workspace, under a name that the repository does not use."""
    name = BRIEF
    while (assignment.workspace / name).exists():
        name = f"{name.removesuffix('.md')}-.md"
    path = assignment.workspace / name
    with path.open("x", encoding="utf-8") as file:
        file.write(assignment.brief)
    return path


def _remove(brief: Path) -> bool:
    """Remove the brief, or what the command put in its place; whether it is gone."""
    if brief.is_dir() and not brief.is_symlink():
        shutil.rmtree(brief, ignore_errors=True)
    else:
        with suppress(OSError):
            brief.unlink()
    return not os.path.lexists(brief)


def _last_lines(output: Path) -> list[str]:
    """The last lines of the output that are not blank."""
    if not output.is_file():
        return []
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - TAIL_BYTES))
        text = file.read(TAIL_BYTES).decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()]


def _failure(result: JobResult, lines: list[str]) -> str:
    """Why there is no proposal, in one line; empty if there is one."""
    last = f": {printable(lines[-1], LONGEST)}" if lines else ""
    if result.ending is not Ending.EXITED:
        return f"the command was ended ({result.ending}){': ' + result.detail if result.detail else last}"
    if result.exit_code != 0:
        return f"the command exited with {result.exit_code}{last}"
    return "" if lines else "the command said nothing: its last line is its hypothesis"


def _hypothesis(lines: list[str]) -> str:
    said = [line.removeprefix(HYPOTHESIS).strip() for line in lines if line.startswith(HYPOTHESIS)]
    return printable(next((text for text in reversed(said) if text), lines[-1]), LONGEST)
