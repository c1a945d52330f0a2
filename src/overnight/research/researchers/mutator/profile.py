"""Where a program spends its time and what it executes: runs in the jail that are no trials and are counted nowhere.

Does not cover: hidden files, which a researcher does not see; without a profile every function of a file that the commands
reach counts the same.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from overnight.agents.context import AgentContext
from overnight.files.folders import BadArtifact, read_artifact, remove_tree
from overnight.jail.job import Job, JobEnding, plain_environment, with_variables
from overnight.program.program import PUBLIC, SPLIT, Program
from overnight.research.researchers.mutator import gcov

HOOK = Path(__file__).with_name("profile_hook.py")
FOUND = ".overnight-profile"  # what the runs write, in their copy of the tree
HOOKS = ".overnight-hooks"  # what they find there: the hook of Python, and compilers that count
LONGER = 20.0  # a traced run takes many times as long
MOST_BYTES = 20_000_000
SEED = 1

Lines = Mapping[int, int]  # how often, by line
_COUNTS = TypeAdapter(dict[Annotated[str, Field(max_length=1000)], dict[int, int]])


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What was seen of one tree."""

    samples: Mapping[str, Lines] = field(default_factory=dict)  # by path: where the time went
    executed: Mapping[str, Lines] = field(default_factory=dict)  # by path: how often each line ran, up to a limit
    checked: Mapping[str, Lines] = field(default_factory=dict)  # the same of the checks
    traced_checks: bool = False  # whether `checked` is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs commands of a program on a copy of a workspace; nothing of that is a trial."""

    context: AgentContext
    program: Program

    async def profile(self, workspace: Path) -> Profile:
        """Run the measured command twice, once sampled and once traced, and the checks traced."""
        command = " && ".join(filter(None, (self.program.prepare, self.program.measure or self.program.produce)))
        samples = await self._counts(workspace, command, "samples")
        executed = await self._counts(workspace, command, "lines")
        checked: dict[str, dict[int, int]] = {}
        for check in self.program.checks:
            _add(checked, await self._counts(workspace, check, "lines"))
        return Profile(samples=samples, executed=executed, checked=checked, traced_checks=bool(checked))

    async def passes(self, workspace: Path, files: Mapping[str, bytes]) -> bool:
        """Whether every check passes with these files in place of a workspace's own."""
        for check in self.program.checks:
            with self._copy(workspace, files) as folder:
                if not await self._run(check, folder, {}):
                    return False
        return True

    async def _counts(self, workspace: Path, command: str, mode: str) -> dict[str, dict[int, int]]:
        found: dict[str, dict[int, int]] = {}
        with self._copy(workspace, {}) as folder:
            (folder / HOOKS).mkdir()
            shutil.copyfile(HOOK, folder / HOOKS / "sitecustomize.py")
            inside = self.context.executor.folder_of(folder)
            hooks = f"{inside}/{HOOKS}"
            gcov.write_wrappers(folder / HOOKS, hooks)
            environment = {"OVERNIGHT_PROFILE": f"{mode}|{inside}|{inside}/{FOUND}", "PYTHONPATH": hooks}
            own = with_variables(command, self.program.env).replace("PYTHONPATH=", f"PYTHONPATH={quote(hooks)}:")
            line = f"PATH={quote(hooks)}:$PATH; export PATH; {own}\n{gcov.COMMAND}"
            await self._run(line, folder, environment)
            for line_found in _read(folder).splitlines():
                try:
                    _add(found, _COUNTS.validate_json(line_found))
                except ValidationError:
                    _add(found, gcov.counts(line_found, inside))
        return found

    async def _run(self, command: str, folder: Path, environment: Mapping[str, str]) -> bool:
        """Whether a command ended well."""
        limits, output = self.program.limits, self.context.scratch / f"profile-{self.context.slot}.log"
        job = Job(
            command=with_variables("", self.program.env) + command.replace("{seed}", str(SEED)).replace(SPLIT, PUBLIC),
            folder=folder,
            output=output,
            limits=replace(limits, wall_s=limits.wall_s * LONGER, gpus=0),  # those are for trials
            environment={**plain_environment(limits), "OVERNIGHT_SEED": str(SEED), **environment},
            readable=self.program.readable,
            slot=self.context.slot,
        )
        try:
            result = await self.context.executor.run(job)
        finally:
            output.unlink(missing_ok=True)
        return result.ending is JobEnding.EXITED and result.exit_code == 0

    @contextmanager
    def _copy(self, workspace: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
        folder = self.context.scratch / f"mutator-{self.context.slot}"
        remove_tree(folder)
        shutil.copytree(workspace, folder, symlinks=True)
        for path, content in files.items():
            (folder / path).write_bytes(content)
        try:
            yield folder
        finally:
            remove_tree(folder)


def _read(folder: Path) -> bytes:
    try:
        return read_artifact(folder, FOUND, MOST_BYTES)
    except BadArtifact:
        return b""


def _add(counts: dict[str, dict[int, int]], more: Mapping[str, Mapping[int, int]]) -> None:
    for path, lines in more.items():
        own = counts.setdefault(path, {})
        for line, count in lines.items():
            own[line] = own.get(line, 0) + count
