"""What a session of a meta-campaign needs before it begins: a charter, a committed organisation, targets that are there."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import make_folder
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.meta.charter import Charter
from overnight.meta.noise import CLAIM, Noise, See, basis_of, default_pairs, known_noise, measure_noise
from overnight.meta.preconditions import check_targets, read_organisation
from overnight.meta.wiring import check_folder, read_charter, sources_of, target_programs, usual_slots
from overnight.meta.workers import Workers
from overnight.program.mistakes import error_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is there."""

    repository: Repository
    charter: Charter
    text: str  # of the organisation, as it is committed
    sources: Mapping[str, tuple[str, str]]  # of targets that are no labs: a copy of the repository, and the commit
    slots: int  # inner campaigns at once, if the user does not say

    def known(self, pairs: int = 0) -> Noise | None:
        """What an earlier check of the same found."""
        return known_noise(check_folder(self.repository), basis_of(self.charter, self.text, self.sources), pairs)


def prepare(repository: Repository) -> Prepared:
    """Read the charter, the organisation and the targets.

    Raises:
        UserError: something is missing, has mistakes, or is not committed.
    """
    charter = read_charter(repository)
    check_targets(charter, repository)
    campaigns = charter.budget.campaigns
    if campaigns is not None and campaigns < CLAIM:
        what = "with so few inner campaigns nothing can be proven"
        fix = f"write `budget: {{campaigns: ...}}` with {CLAIM} or more"
        raise error_in(charter.source, charter.path, ("budget", "campaigns"), what, fix=fix)
    text = read_organisation(charter, repository)
    if text != _committed(repository, charter.organisation):
        what = f"{charter.organisation} has changes that are not committed, and a campaign begins with what is"
        raise UserError(what, fix="commit them")
    repository.exclude_overnight()
    sources = sources_of(charter, repository)
    slots = usual_slots(target_programs(charter, sources).values())
    return Prepared(repository=repository, charter=charter, text=text, sources=sources, slots=slots)


async def find_noise(
    prepared: Prepared,
    workers: Workers,
    *,
    slots: int,
    sandbox: str,
    stopping: Callable[[], bool],
    see: See,
    pairs: int | None = None,
) -> Noise | None:
    """What a check of these found, or finds now; None if it is stopped before its end.

    Raises:
        UserError: another process runs a check here.
    """
    charter, folder = prepared.charter, check_folder(prepared.repository)
    if known := prepared.known(pairs or 0):
        return known
    with _alone(folder):
        return await measure_noise(
            charter,
            prepared.text,
            folder,
            workers=workers,
            slots=slots,
            sources=prepared.sources,
            pairs=pairs or default_pairs(charter),
            sandbox=sandbox,
            stopping=stopping,
            see=see,
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder of the check for this process: two would run the same campaigns in the same folders."""
    make_folder(folder)
    with closing_descriptor(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as held:
        if not take_lock(held):
            what = "a check runs here already, of `overnight meta check` or `overnight meta run`"
            raise UserError(what, fix="wait until it has ended, or end it with Ctrl-C; what it found is read back")
        yield


def _committed(repository: Repository, path: str) -> str | None:
    """A file of the checked-out commit; None if it has none."""
    with closing(GitHistory(repository)) as history:
        try:
            return history.read_files(history.resolve_start(), [path])[path].decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            return None
