"""What runs on this machine and what waits for a person, as values and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.jobs.listing import LoopLine
from overnight.models.spending.limits import Unit
from overnight.models.spending.page import LimitStanding, Spent
from overnight.operations.summary import SystemLine
from overnight.research.views.campaigns import CampaignLine, describe_line
from overnight.research.views.numbers import money
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted

TEXT = 300  # characters of foreign text


class WaitingKind(StrEnum):
    """What waits for a person."""

    APPROVAL = "approval"  # a call that the owner has to allow or refuse
    HELD = "held"  # a kept change whose gain cannot be true until a person has read it
    LOOP = "loop"  # a loop that cannot run until a person has fixed something


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits for a person."""

    kind: WaitingKind
    about: str  # in a line
    where: str  # the folder that it is about
    address: str  # of its page; empty if none is served
    command: str  # that answers it in that folder


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryLine:
    """One repository, with its newest campaigns."""

    name: str  # in addresses
    folder: str
    has_program: bool  # there is a program.md in the checkout
    total: int  # campaigns
    campaigns: Sequence[CampaignLine]  # the newest, at most three
    trouble: str  # why it cannot be read; empty if it can


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What `home --json` prints."""

    loops: Sequence[LoopLine]  # that have a process
    waiting: Sequence[Waiting]
    output_tokens_per_s: float | None  # of the campaigns below that run, over all of their time with models
    today: Spent | None  # on models; null if the account cannot be read
    day: str  # today, in the zone of the account; empty if it cannot be read
    limits: Sequence[LimitStanding]  # of a day
    repositories: Sequence[RepositoryLine]
    systems: Sequence[SystemLine]  # what else works here, such as claws
    troubles: Sequence[str]  # what could not be read


def describe_home(home: Home) -> str:
    """A screen of it."""
    lines = [f"running   {_loop(line)}" for line in home.loops] or ["running   nothing"]
    lines += [f"WAITS     {printable(each.about, TEXT)}: `{printable(each.command, TEXT)}`" for each in home.waiting]
    lines.append(f"today     {spent_words(home)}")
    lines += [f"{each.system:<9} {printable(each.name, TEXT)}  {printable(each.state, TEXT)}" for each in home.systems]
    for line in home.repositories:
        lines.append(f"repo      {printable(line.name, TEXT)}  {repository_words(line)}")
        lines += [f"          {describe_line(campaign)}" for campaign in line.campaigns]
    if not any(each.system == "home" for each in home.systems):
        lines.append("home      no device is known; `overnight home scan` finds them, `overnight home demo` needs none")
    if not home.repositories:
        lines.append("repo      none here; call this in a git repository, or `git init` one")
    return "\n".join([*lines, *(f"note      {printable(trouble, TEXT)}" for trouble in home.troubles)])


def spent_words(home: Home) -> str:
    """What models cost today, the limits of a day, and how fast they write."""
    spent = home.today
    if spent is None:
        return "what models cost cannot be read"
    words = [f"{money(spent.cost_usd)}, {compact(spent.tokens)} tokens in {counted(spent.calls, 'call')} to models"]
    words += [f"{limit.unit.words(limit.spent)} of {limit.unit.words(limit.limit)}{_of(limit)}" for limit in home.limits]
    if home.output_tokens_per_s is not None:
        words.append(f"running campaigns write {home.output_tokens_per_s:.0f} tokens a second")
    return "; ".join(words)


def repository_words(line: RepositoryLine) -> str:
    """What there is in it, or what to do first."""
    if line.trouble:
        return printable(line.trouble, TEXT)
    if line.total:
        return counted(line.total, "campaign")
    if line.has_program:
        return "no campaign yet: `overnight check`, then `overnight run`"
    return "no program.md yet: write one with `overnight init`"


def _of(limit: LimitStanding) -> str:
    return f" for {limit.system}" if limit.system else " for the day" if limit.unit is Unit.USD else ""


def _loop(line: LoopLine) -> str:
    return f"{line.name}  {line.state}  {line.folder}  {line.doing}"
