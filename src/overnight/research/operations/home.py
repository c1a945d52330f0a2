"""What runs here, what waits for a person, and what it costs: the first look."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TypeVar

from overnight.config import read_settings
from overnight.errors import OvernightError, UserError
from overnight.files.state_folder import state_folder
from overnight.git.repository import open_repository
from overnight.jobs.entries import read_registry
from overnight.jobs.listing import LoopLine, LoopList, LoopState, list_loops
from overnight.jobs.records import loops_folder
from overnight.models.spending.limits import Period
from overnight.models.spending.page import SpendPage, read_page
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.pages import address_of
from overnight.operations.principal import Origin
from overnight.operations.record import open_record
from overnight.operations.summary import SystemLine
from overnight.operations.views import ApprovalEntry, entry_of
from overnight.program.program import PROGRAM
from overnight.research.operations._lines import campaign_lines
from overnight.research.operations._systems import system_lines
from overnight.research.places.loops import CAMPAIGN
from overnight.research.views.home import Home, RepositoryLine, Waiting, WaitingKind, describe_home
from overnight.words.foreign import printable

CAMPAIGNS = 3  # of each repository
CALL = 120  # characters of a call that waits; `approvals` has all of it
_STOPPED = (LoopState.MISTAKE, LoopState.CRASHED, LoopState.LOST, LoopState.STUCK)  # what a person has to look at
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeInput:
    """Nothing."""


def run(context: Context, _given: HomeInput) -> Home:
    """Look at all of it; what cannot be read is named, and hides nothing else."""
    troubles: list[str] = []
    found = _read(_loops, troubles)
    loops = found.loops if found else ()
    troubles += found.troubles if found else ()
    approvals = _read(_approvals, troubles) or ()
    spending = _read(_spending, troubles)
    systems = _systems(context, troubles)
    repositories = [_repository(name, folder) for name, folder in _served(context).items()]
    paces = [
        line.output_tokens_per_s
        for repository in repositories
        for line in repository.campaigns
        if line.running and line.output_tokens_per_s is not None
    ]
    return Home(
        loops=[line for line in loops if line.pid is not None],
        waiting=[*map(_asked, approvals), *held(repositories, served=bool(context.repositories)), *_stopped(found)],
        output_tokens_per_s=sum(paces) if paces else None,
        today=spending.today if spending else None,
        day=spending.day if spending else "",
        limits=[limit for limit in spending.limits if limit.period is Period.DAY] if spending else [],
        repositories=repositories,
        systems=systems,
        troubles=troubles,
    )


def _read(look: Callable[[], T], troubles: list[str]) -> T | None:
    """What a look finds; None if it fails, and then why is added."""
    try:
        return look()
    except (OSError, OvernightError) as error:
        troubles.append(str(error))
        return None


def _loops() -> LoopList:
    return list_loops(read_registry(loops_folder()), now=time.time(), monotonic=time.monotonic(), everything=False)


def _approvals() -> Sequence[ApprovalEntry]:
    with open_record() as record:
        return [entry_of(each, record.now) for each in record.pending()]


def _spending() -> SpendPage:
    rules = read_settings(os.environ, Path.home()).spending
    return read_page(state_folder(), rules, days=1, by=())


def _systems(context: Context, troubles: list[str]) -> Sequence[SystemLine]:
    """Those of this machine, then those of each repository."""
    found = [*system_lines(context, troubles, of_machine=True)]
    for folder in _served(context).values():
        if folder.is_dir():  # else its own line says so
            found += system_lines(replace(context, where=folder), troubles, of_machine=False)
    return found


def _served(context: Context) -> Mapping[str, Path]:
    """The repositories that a face serves, else the one around the folder; none if there is none."""
    if context.repositories:
        return context.repositories
    try:
        top = open_repository(context.where).toplevel
    except UserError:
        return {}
    return {top.name: top}


def _repository(name: str, folder: Path) -> RepositoryLine:
    try:
        campaigns, total = campaign_lines(folder, limit=CAMPAIGNS)
        has_program, trouble = (folder / PROGRAM).is_file(), ""
    except (OSError, OvernightError) as error:
        campaigns, total, has_program, trouble = [], 0, False, str(error)
    return RepositoryLine(
        name=name, folder=str(folder), has_program=has_program, total=total, campaigns=campaigns, trouble=trouble
    )


def _asked(entry: ApprovalEntry) -> Waiting:
    return Waiting(
        kind=WaitingKind.APPROVAL,
        about=f"number {entry.number}: {entry.principal} wants `{printable(entry.call, CALL)}` ({entry.tier})",
        where=entry.where,
        address="/approvals",
        command=f"overnight approve {entry.number}",
    )


def held(repositories: Sequence[RepositoryLine], *, served: bool) -> Iterator[Waiting]:
    """The keeps of the newest campaigns that a person has to read."""
    for repository in repositories:
        for line in repository.campaigns:
            for number in () if line.trouble else line.held:
                pattern = "/repos/{repo}/campaigns/{tag}/experiments/{number}"
                yield Waiting(
                    kind=WaitingKind.HELD,
                    about=f"the gain of #{number} in {line.tag} cannot be true until you have read its diff",
                    where=repository.folder,
                    address=address_of(pattern, repo=repository.name, tag=line.tag, number=number) if served else "",
                    command=f"overnight show {number} --tag {quote(line.tag)}",
                )


def _stopped(found: LoopList | None) -> Iterator[Waiting]:
    """The loops that do not go on by themselves."""
    for line in found.loops if found else ():
        if line.state in _STOPPED:
            yield Waiting(
                kind=WaitingKind.LOOP,
                about=f"{line.name}: {line.state}{f', {line.doing}' if line.doing else ''}",
                where=line.folder,
                address="/loops",
                command=_answer(line),
            )


def _answer(line: LoopLine) -> str:
    """What to type once a person has looked at a loop that does not go on."""
    if line.state is LoopState.STUCK:
        return f"overnight stop {quote(line.name)}"
    if line.set_up:
        return f"overnight up {quote(line.name)}"
    return f"overnight run --tag {quote(line.part)}" if line.system == CAMPAIGN else "overnight ps"


OPERATION = Operation(
    name="home",
    about="Show what runs here, what waits for you, and what models cost today.",
    input=HomeInput,
    output=Home,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=describe_home,
)
