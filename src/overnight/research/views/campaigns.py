"""The campaigns of a repository, a line each, as values and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.operations.summary import SystemLine
from overnight.research.state import State
from overnight.research.views.numbers import number
from overnight.research.views.status import life, summarise
from overnight.words.foreign import printable
from overnight.words.quantities import counted, numbered

TEXT = 200  # characters of foreign text
COPIED = "not begun here: a copy, restored, cloned, or of another user; name it to look at it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLine:
    """One campaign."""

    tag: str
    running: int | None  # process id; null: it is not running
    life: str  # that it runs, else why it stopped, in words
    metric: str
    direction: str  # "minimize" or "maximize"; empty if it cannot be read
    head_value: float | None  # mean of the newest trials of the head
    experiments: int
    open: int  # proposed, and without a verdict
    kept: int
    gain: float | None  # of the head over the start, in the metric's units, positive is better; null: nothing is kept
    gain_low: float | None  # of its 95 % interval; null without an audit of this head
    gain_high: float | None
    audited: bool  # the gain was measured by an audit of this head; else it is the sum of the gains at acceptance
    held: tuple[int, ...]  # kept changes that a person has to read before they count
    tokens: int
    cost_usd: float
    output_tokens_per_s: float | None  # of all roles, while answers came
    begun: float  # Unix time, s, when its newest session began
    changed: float  # Unix time, s, when its record last grew
    trouble: str  # why it cannot be read; empty if it can


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignList:
    """What `campaigns --json` prints."""

    repository: str  # its name
    total: int  # campaigns of the repository
    offset: int  # how many were skipped
    campaigns: Sequence[CampaignLine]  # those whose sessions began last first
    systems: Sequence[SystemLine] = ()  # what else works here, such as a hub


def campaign_line(
    state: State, *, running: int | None, failed: str, begun: float, changed: float, trouble: str = ""
) -> CampaignLine:
    """A campaign in this state."""
    now = summarise(state, running, "", failed=failed)
    total = now.audit.total if now.audit else None
    return CampaignLine(
        tag=now.tag,
        running=running,
        life=life(now),
        metric=now.metric,
        direction=now.direction,
        head_value=now.head_value,
        experiments=now.experiments,
        open=now.open,
        kept=now.kept,
        gain=total.gain if total else sum(keep.gain or 0.0 for keep in now.keeps) if now.keeps else None,
        gain_low=total.low if total else None,
        gain_high=total.high if total else None,
        audited=total is not None,
        held=tuple(keep.number for keep in now.keeps if keep.unbelievable),
        tokens=now.tokens,
        cost_usd=now.cost_usd,
        output_tokens_per_s=now.output_tokens_per_s,
        begun=begun,
        changed=changed,
        trouble=trouble,
    )


def unread_line(tag: str, trouble: str, *, running: int | None, begun: float, changed: float) -> CampaignLine:
    """A campaign that cannot be read, and why."""
    return CampaignLine(
        tag=tag,
        running=running,
        life="running" if running else "not running",
        metric="",
        direction="",
        head_value=None,
        experiments=0,
        open=0,
        kept=0,
        gain=None,
        gain_low=None,
        gain_high=None,
        audited=False,
        held=(),
        tokens=0,
        cost_usd=0.0,
        output_tokens_per_s=None,
        begun=begun,
        changed=changed,
        trouble=printable(trouble, TEXT),
    )


def gain_words(line: CampaignLine) -> str:
    """What it gained, and what that rests on."""
    if line.gain is None:
        return "nothing kept"
    kept = f"{line.kept} kept, gain {number(line.gain)} {printable(line.metric, TEXT)}"
    return f"{kept} by its audit" if line.audited else kept


def describe_line(line: CampaignLine) -> str:
    """A campaign on one line."""
    if line.trouble:
        return f"{line.tag}  {line.life}; {line.trouble}"
    held = f"; a person has to read {numbered(line.held)}" if line.held else ""
    return f"{line.tag}  {line.life}; {counted(line.experiments, 'experiment')}, {gain_words(line)}{held}"


def describe_campaigns(found: CampaignList) -> str:
    """A line for each, a line for what the page leaves out, and a line for each other system."""
    return "\n".join([_campaigns(found), *(f"{each.system} {each.name}  {each.state}" for each in found.systems)])


def _campaigns(found: CampaignList) -> str:
    if not found.campaigns:
        if found.total:
            return (
                f"nothing after {found.offset}: there {'is' if found.total == 1 else 'are'} {counted(found.total, 'campaign')}"
            )
        return "no campaign yet; start one with `overnight run`"
    shown = found.offset + len(found.campaigns)
    rest = [f"{shown} of {found.total}; more with --offset {shown}"] if shown < found.total else []
    return "\n".join([*map(describe_line, found.campaigns), *rest])
