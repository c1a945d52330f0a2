"""The repositories that a claw knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.claw.folders import find_claw
from overnight.claw.operations._claw import WhichClaw
from overnight.claw.setup.parsing import read_charter
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoLine:
    """A repository."""

    name: str  # that the claw calls it
    folder: str
    exists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoList:
    """What `claw repos --json` prints."""

    repos: Sequence[RepoLine]


def run(_context: Context, given: WhichClaw) -> RepoList:
    """Those of claw.yaml."""
    repos = read_charter(find_claw(given.claw)).repos
    return RepoList(
        repos=[RepoLine(name=name, folder=where, exists=Path(where).is_dir()) for name, where in sorted(repos.items())]
    )


def render(found: RepoList) -> str:
    """A line for each."""
    lines = [f"{each.name}  {printable(each.folder, 200)}{'' if each.exists else '  (missing)'}" for each in found.repos]
    return "\n".join(lines) or "claw.yaml has no repositories: write them as `repos: {parser: ~/src/parser}`"


OPERATION = Operation(
    name="claw repos",
    about="List the repositories that the claw knows by name.",
    input=WhichClaw,
    output=RepoList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.CLAW,
    run=run,
    render=render,
)
