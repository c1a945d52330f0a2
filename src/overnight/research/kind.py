"""What may differ from one kind of campaign to another: where its program is from, what runs its trials, who may propose."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.git.repository import Repository
from overnight.program.program import PROGRAM, Program
from overnight.research.loop.journal import Journal
from overnight.research.loop.port import Trials
from overnight.research.loop.scope import ScopeRule
from overnight.research.loop.stop import Stop
from overnight.research.places.campaigns import newest_tag, read_program
from overnight.research.researchers.registry import Makes

if TYPE_CHECKING:
    from overnight.models.spending.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialsFor:
    """What a kind's own runner of trials gets to work with."""

    journal: Journal
    folder: Path  # of the campaign
    sandbox: str
    stop: Stop
    origin: str  # of the ledger, by which the owner's account knows the campaign
    name: str  # by which it shows it
    files: Callable[[str, Sequence[str]], Mapping[str, bytes]]  # contents of files of a commit, by path


def _usual_tag(repository: Repository) -> str:
    return newest_tag(repository) or time.strftime("%b%d").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignKind:
    """By default: `program.md`, whose commands run in a jail."""

    file: str = PROGRAM  # what the user writes, at the top of the repository
    program: Callable[[Repository], Program] = read_program
    rewritten: Callable[[str], str] | None = None  # makes the program's text of that file's; None: it is the program
    tag: Callable[[Repository], str] = _usual_tag  # if the user names none
    trials: Callable[[TrialsFor], Trials] | None = None  # None: the program's commands, on processors that the session claims
    researchers: Mapping[str, Makes] | None = None  # by their `use`; None: the built-in ones
    scope_rule: ScopeRule | None = None
    background: Callable[[Journal, Path], str] | None = None  # what else a brief says, in Markdown
    secret: str = ""  # of a new campaign; empty: drawn
    start: str = ""  # commit that a new campaign begins at; empty: the one that is checked out
    payer: "Job | None" = None  # that its calls of models are counted with; None: a job of its own
    notes: Sequence[str] = ()  # what the user should know before a session of it begins
    seen_from: Repository | None = None  # whose checkout its program was written for; None: its own


USUAL = CampaignKind()
