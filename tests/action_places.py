"""Folders and commands of one action over a small repository, put together as the board does it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from targets import repository_of

from overnight.actions.charter import Rules
from overnight.actions.checkouts.commands import Commands
from overnight.actions.checkouts.disk import Disk
from overnight.actions.checkouts.folders import ActionFolders, action_folders
from overnight.actions.checkouts.machine import Machine
from overnight.actions.checkouts.preparation import Preparation, PreparedExecutor, shown_paths
from overnight.actions.checkouts.setups import Setups
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository
from overnight.ledger.artifacts import ArtifactStore
from overnight.words.scrubber import Scrubber

ACTION = 7


@dataclass(slots=True, kw_only=True)
class ActionPlaces:
    """What the parts of one action work with."""

    repository: Repository
    history: GitHistory
    folders: ActionFolders
    machine: Machine
    preparation: Preparation
    executor: PreparedExecutor
    commands: Commands
    base: str
    state: Path
    accepted: bool = False

    def attempt(self, turn: int, edits: Mapping[str, bytes | None]) -> str:
        """A commit on the base, as an agent would leave it."""
        changes = [FileChange(path=path, content=content) for path, content in edits.items()]
        return self.history.record_attempt(
            tag="actions", group=str(ACTION), number=turn, base=self.base, changes=changes, message="x"
        )

    def saved(self, turn: int) -> str | None:
        """The commit under the ref of a turn."""
        return self.history.attempt("actions", turn, str(ACTION))


@contextmanager
def action_places(
    place: Path,
    files: Mapping[str, str],
    *,
    rules: Rules | None = None,
    repository: Repository | None = None,
    setups: Path | None = None,
    secrets: Sequence[str] = (),
    sandbox: str = "jail",
) -> Iterator[ActionPlaces]:
    """One action on a repository with these files."""
    repository = repository or repository_of(place / "repo", dict(files))
    state = place / "state"
    state.mkdir(exist_ok=True)
    said = rules or Rules()
    with closing(GitHistory(repository)) as history:
        base = history.resolve_start()
        disk = Disk(place=state, setups=Setups(place=setups or place / "setups"))
        machine = Machine(sandbox=sandbox, disk=disk)
        with action_folders(repository, history, state, base, action=ACTION, full=disk.problem) as folders:
            executor = machine.executor(repository)
            artifacts, scrubber = ArtifactStore(state / "artifacts"), Scrubber(secrets)
            made: list[ActionPlaces] = []
            preparation = Preparation(
                rules=said,
                repository=repository,
                folders=folders,
                machine=machine,
                executor=executor,
                artifacts=artifacts,
                base=lambda: base,
                trusted=lambda commit: commit == base or made[0].accepted,
                scrubber=scrubber,
            )
            with closing(preparation):
                prepared = PreparedExecutor(executor, preparation, readable=shown_paths(said, repository))
                commands = Commands(
                    executor=prepared,
                    folders=folders,
                    artifacts=artifacts,
                    limits=said.limits,
                    machine=machine,
                    preparation=preparation,
                    env=said.env,
                    scrubber=scrubber,
                )
                made.append(
                    ActionPlaces(
                        repository=repository,
                        history=history,
                        folders=folders,
                        machine=machine,
                        preparation=preparation,
                        executor=prepared,
                        commands=commands,
                        base=base,
                        state=state,
                    )
                )
                yield made[0]
