"""What the jobs of one action need beside a commit's files: which `setup` is theirs, and how they find what it made.

`setup` is the base's, and runs for the base. A commit of an agent that changes its inputs, such as a lock file, gets a setup of
its own only once a person has accepted it; until then its jobs see that of the base, and each outcome says so.
"""

import os
import platform
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from anyio import to_thread

from overnight.actions.charter import Role, Rules
from overnight.actions.checkouts.folders import ActionFolders
from overnight.actions.checkouts.job_output import environment_of, keep_log, read_output
from overnight.actions.checkouts.machine import Machine
from overnight.actions.checkouts.setups import Held, Setup, SetupFailed, key_of
from overnight.actions.findings import TurnOutcome
from overnight.actions.port import Order, Worker
from overnight.git.repository import Repository
from overnight.jail.job import Job, JobEnding, JobResult, Limits, with_variables
from overnight.jail.port import Executor, Link, OutputMonitor
from overnight.jail.why_failed import why_failed
from overnight.ledger.artifacts import ArtifactStore
from overnight.program.scope import matches
from overnight.words.quantities import listed
from overnight.words.scrubber import Scrubber

# What a setup depends on if `setup_inputs` says nothing: what says which packages there are, in the usual places.
USUAL_INPUTS = (
    *("**/requirements*.txt", "**/constraints*.txt", "**/pyproject.toml", "**/setup.py", "**/setup.cfg", "**/Pipfile"),
    *("**/*.lock", "**/package.json", "**/package-lock.json", "**/npm-shrinkwrap.json", "**/pnpm-lock.yaml", "**/bun.lockb"),
    *("**/Cargo.toml", "**/go.mod", "**/go.sum", "**/Gemfile", "**/environment.yml", "**/.python-version", "**/.nvmrc"),
    *("**/.tool-versions",),
)
# Where packages come from: their registries, and nothing else that answers to a name.
REGISTRIES = (
    *("pypi.org", "files.pythonhosted.org", "registry.npmjs.org", "registry.yarnpkg.com"),
    *("index.crates.io", "static.crates.io", "crates.io", "proxy.golang.org", "sum.golang.org", "rubygems.org"),
    *("index.rubygems.org", "repo.maven.apache.org", "repo1.maven.org", "plugins.gradle.org", "services.gradle.org"),
)
SETUP_S = 1800.0  # of one run
DISK_BYTES, FILES, PROCESSES = 5 * 1000**3, 500_000, 512
NAMED = 3  # changed inputs


@dataclass(slots=True, kw_only=True)
class Preparation:
    """The setups of one action."""

    rules: Rules
    repository: Repository
    folders: ActionFolders
    machine: Machine
    executor: Executor
    artifacts: ArtifactStore
    base: Callable[[], str]  # the commit that its changes are on
    trusted: Callable[[str], bool]  # whether a person accepted a commit, or it is the integration branch's own
    scrubber: Scrubber = field(default_factory=Scrubber)
    _unmade: Setup | None = None  # in place of a setup that cannot be made
    _held: dict[str, Held] = field(default_factory=dict)  # by key
    _of: dict[Path, Setup | None] = field(default_factory=dict)  # by folder
    _known: dict[str, Mapping[str, str]] = field(default_factory=dict)  # inputs by commit: a check has many folders of one

    async def furnish(self, folder: Path) -> Setup | None:
        """Put links to what `setup` made, and to relative paths of `readable`, into a new folder; makes what is missing first.

        Raises:
            SetupFailed: it cannot be made.
        """
        if folder in self._of:
            return self._of[folder]
        setup = await self.setup_for(self.folders.commit_of(folder)) if self.rules.setup else None
        top = self.repository.toplevel
        readable = {path: top / path for path in self.rules.readable if not path.startswith("/")}
        self.folders.place(folder, {**readable, **(setup.links if setup else {})})
        self._of[folder] = setup
        return setup

    async def setup_for(self, commit: str) -> Setup:
        """What the jobs on a commit are shown; nothing if it cannot be made and nobody wrote it down: it may not be needed.

        Raises:
            SetupFailed: it cannot be made.
        """
        if self._unmade is None:
            try:
                return await self._made_for(commit)
            except SetupFailed as failed:
                if "setup" not in self.rules.found:
                    raise
                note = f"ran without the setup that the files suggest: {failed}"
                self._unmade = Setup(folder=Path(os.sep), note=note)
        return self._unmade

    async def _made_for(self, commit: str) -> Setup:
        """What the jobs on a commit are shown.

        Raises:
            SetupFailed: it cannot be made.
        """
        base = self.base()
        changed = await to_thread.run_sync(self._changed, commit, base)
        if not changed or self.trusted(commit):
            return await self._take(commit)
        names = listed(changed, NAMED)
        note = f"{names} changed: this ran with the setup of the base, as its own runs once a person has accepted it"
        return replace(await self._take(base), note=note)

    def shown(self, folder: Path) -> Setup | None:
        """What jobs in a folder were given."""
        return self._of.get(folder)

    def forget(self, folder: Path) -> None:
        """The folder is gone."""
        self._of.pop(folder, None)

    def close(self) -> None:
        """No job uses them any more."""
        for held in self._held.values():
            held.close()
        self._held.clear()

    async def _take(self, commit: str) -> Setup:
        key = await to_thread.run_sync(self._key, commit)
        if key not in self._held:
            held = await self.machine.setups.take(key, lambda tree: self._make(commit, tree))
            if self._held.setdefault(key, held) is not held:  # another check of this action took it meanwhile
                held.close()
        return self._held[key].setup

    async def _make(self, commit: str, tree: Path) -> Sequence[str]:
        await to_thread.run_sync(self.folders.write, commit, tree)
        output = self.folders.output()
        async with self.machine.setup_slot() as slot:
            job = Job(
                command=with_variables(self.rules.setup, self.rules.env),
                folder=tree,
                output=output,
                limits=self._limits(),
                environment={
                    **environment_of(self.rules.limits),
                    "PIP_NO_CACHE_DIR": "1",
                    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                },
                readable=tuple(shown_paths(self.rules, self.repository)),
                slot=slot,
                role="setup",
            )
            result = await self.executor.run(job)
        if result.ending is not JobEnding.EXITED or result.exit_code:
            printed = await to_thread.run_sync(read_output, output, self.scrubber)
            reason, excerpt = why_failed(result, printed)
            hide = self.scrubber.text
            raise SetupFailed(
                f"`setup` of actions.md failed: {hide(reason)}",
                excerpt=[*map(hide, excerpt)],
                log=keep_log(output, printed, self.artifacts),
            )
        output.unlink(missing_ok=True)
        return self.folders.paths(commit)

    def _limits(self) -> Limits:
        limits = self.rules.limits
        jailed = self.machine.sandbox == "jail"
        return replace(
            limits,
            wall_s=max(SETUP_S, limits.wall_s),
            disk_bytes=max(DISK_BYTES, limits.disk_bytes),
            files=max(FILES, limits.files),
            processes=max(PROCESSES, limits.processes),
            hosts=tuple(dict.fromkeys((*REGISTRIES, *self.rules.allow))) if jailed else (),
            received_bytes=DISK_BYTES,
        )

    def _changed(self, commit: str, base: str) -> Sequence[str]:
        """The inputs in which a commit differs from the base."""
        if commit == base:
            return ()
        here, there = self._inputs(commit), self._inputs(base)
        return sorted(path for path in here.keys() | there.keys() if here.get(path) != there.get(path))

    def _inputs(self, commit: str) -> Mapping[str, str]:
        """The ids of what a setup depends on, by path."""
        if commit not in self._known:
            globs = self.rules.setup_inputs or USUAL_INPUTS
            self._known[commit] = {path: oid for path, oid in self.folders.history.ids(commit).items() if matches(path, globs)}
        return self._known[commit]

    def _key(self, commit: str) -> str:
        inputs = (fact for found in sorted(self._inputs(commit).items()) for fact in found)
        return key_of(str(self.repository.toplevel), self.rules.setup, repr(self.rules.env), *_machine(), *inputs)


class PreparedExecutor:
    """The port `Executor` for one action: its jobs find what `setup` made, and what `readable` names."""

    def __init__(self, inner: Executor, preparation: Preparation, *, readable: Sequence[str] = ()) -> None:
        """`readable`: absolute paths."""
        self.name = inner.name
        self._inner = inner
        self._preparation = preparation
        self._readable = readable

    def folder_of(self, folder: Path) -> str:
        """Where a job finds its own folder."""
        return self._inner.folder_of(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job with what its folder was given."""
        shown = self._preparation.shown(Path(job.folder))
        readable = (*job.readable, *self._readable, *((str(shown.folder),) if shown and shown.paths else ()))
        return await self._inner.run(replace(job, command=_with_path(job.command, shown), readable=readable), link, monitor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedWorker:
    """The port `Worker`: an agent's folder has what jobs need, and what a coder does in it is not lost if it is cut off."""

    inner: Worker
    preparation: Preparation

    async def turn(self, order: Order) -> TurnOutcome:
        """One agent's turn, to its end.

        Raises:
            SetupFailed: what its jobs need could not be made.
        """
        await self.preparation.furnish(order.folder)
        if order.role is Role.CODER:
            await to_thread.run_sync(self.preparation.folders.begin, order.folder, order.turn)
        return await self.inner.turn(order)


def shown_paths(rules: Rules, repository: Repository) -> Sequence[str]:
    """What jobs may read of the host beside programs: `readable`, relative paths in the user's checkout."""
    return tuple(path if path.startswith("/") else str(repository.toplevel / path) for path in rules.readable)


def _with_path(command: str, setup: Setup | None) -> str:
    """A command that finds the programs of its environment first, as in a shell in which that is active."""
    if setup is None or not setup.programs:
        return command
    folders = "".join(f'"$PWD"/{shlex.quote(folder)}:' for folder in setup.programs)
    return f'PATH={folders}"$PATH"; export PATH; {command}'


def _machine() -> Sequence[str]:
    """What of this machine decides what a setup makes."""
    python = shutil.which("python3") or ""
    return (platform.machine(), *platform.libc_ver(), os.path.realpath(python), os.environ.get("PATH", ""))
