"""A repository, a jail and a trial runner that try one candidate as a campaign would, up to its first trial."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
from targets import git

from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import open_repository
from overnight.jail.jail import JailExecutor
from overnight.ledger.artifacts import ArtifactStore
from overnight.program.fit import check_fit
from overnight.program.judge.new_files import new_judges
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.changes.scope import check_scope
from overnight.research.loop.committed import committed_text
from overnight.research.loop.trial import TrialRunner
from overnight.research.places.work_folders import WorkFolders

FRESH_SEED = 3


@dataclass(frozen=True)
class Outcome:
    """The outcome of a candidate."""

    rejected: tuple[str, ...] = ()
    failed_check: str = ""
    trial: Trial | None = None


class Stand:
    """Tries candidates against one program, each on top of the start commit."""

    def __init__(self, folder: Path, program: str, files: Mapping[str, str]) -> None:
        self.repo = folder / "repo"
        for name, content in {**files, "program.md": program}.items():
            path = self.repo / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        git(self.repo, "init", "-q")
        git(self.repo, "add", "-A")
        git(self.repo, "commit", "-q", "-m", "start")
        self.program = parse_program(program, "program.md")
        self.history = GitHistory(open_repository(self.repo))
        self.start = self.history.resolve_start()
        check_fit(self.program, [file.path for file in self.history.files(self.start)])
        self.work = folder / "work"
        self.workspaces = WorkFolders(self.work, self.history, self.program)
        self.store = ArtifactStore(folder / "logs")
        self.jail = JailExecutor(slots=1, search_path=os.environ["PATH"])
        self._number = 0

    def runner(self, program: Program | None = None) -> TrialRunner:
        return TrialRunner(
            program=program or self.program,
            start=self.start,
            executor=self.jail,
            workspaces=self.workspaces,
            artifacts=self.store,
        )

    def commit(self, files: Mapping[str, str | bytes]) -> str:
        """A commit of these files on top of the start, without a scope check."""
        self._number += 1
        encoded = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
        changes = [FileChange(path=path, content=content) for path, content in encoded.items()]
        return self.history.record_attempt(tag="t", number=self._number, base=self.start, changes=changes, message="try")

    def check(self, files: Mapping[str, str]) -> tuple[str, ...]:
        """What the scope check says about these files."""
        known = {file.path: file.executable for file in self.history.files(self.start)}
        changes = [FileChange(path=path, content=content.encode()) for path, content in files.items()]
        before = self.history.read_files(self.start, [path for path in files if path in known])
        wrong = check_scope(changes, before=before, executable=known, program=self.program)
        added = {path: content for path, content in files.items() if path not in known}
        new = new_judges(self.program, sorted(known), committed_text(self.history, self.start), added)
        return wrong or tuple(f"`{path}` {why}" for path, why in new.items())

    def measure(self, commit: str, *, program: Program | None = None, stage: Stage = Stage.SCREEN) -> Outcome:
        """Run the program's checks, then one trial."""
        key = TrialKey(experiment=self._number, stage=stage, arm=Arm.CANDIDATE, index=0)

        async def go() -> Outcome:
            runner = self.runner(program)
            if failed := await runner.checks(commit, 0):
                return Outcome(failed_check=str(failed))
            return Outcome(trial=await runner.run(key, commit=commit, tree=commit, seed=FRESH_SEED, slot=0))

        return anyio.run(go)

    def attempt(self, files: Mapping[str, str], program: Program | None = None) -> Outcome:
        """Scope check, checks and trial, as for a proposal."""
        rejected = self.check(files)
        return Outcome(rejected=rejected) if rejected else self.measure(self.commit(files), program=program)


@contextmanager
def stand(folder: Path, program: str, files: Mapping[str, str]) -> Iterator[Stand]:
    """A stand whose git processes are ended afterwards."""
    made = Stand(folder, program, files)
    try:
        yield made
    finally:
        made.history.close()
