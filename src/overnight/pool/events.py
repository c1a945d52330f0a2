"""What happens in a hub, as events of its record."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from overnight.ledger.json_text import dump, load
from overnight.pool.changes import ChangedFile

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOpened:
    """The first event: the genesis of its chain."""

    kind: Literal["hub_opened"] = "hub_opened"
    entry: str  # canonical JSON of the genesis
    tag: str  # of the campaign that verifies
    start: str  # commit of the hub's repository
    salt: str  # hex, of everything that is published as a salted digest; never leaves the hub
    secret: str  # hex, of its nonces


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChanged:
    """A key is new, known, banned, or the hub's own."""

    kind: Literal["key_changed"] = "key_changed"
    key: str
    standing: Literal["new", "known", "banned", "canary"]  # canary: the hub's own, see hub/canaries.py
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A worker has something; its event's number is the submission's."""

    kind: Literal["committed"] = "committed"
    key: str
    parent: str
    commitment: str
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """What a worker committed to; its contents lie beside the ledger."""

    kind: Literal["revealed"] = "revealed"
    submission: int
    digest: str  # identity of the change
    files: tuple[ChangedFile, ...]
    hypothesis: str
    nonce: str
    meaning: str = ""  # the first part of its shape, equal for what does the same; empty: too large to be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A submission that no trial is spent on."""

    kind: Literal["refused"] = "refused"
    submission: int
    code: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A submission became an experiment of the campaign that verifies."""

    kind: Literal["linked"] = "linked"
    submission: int
    experiment: int
    seen: int = 0  # newest event of the campaign that was settled; 0: it does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The holdout is asked about a submission, which counts as one question."""

    kind: Literal["asked"] = "asked"
    submission: int
    restart: int  # of its evidence, as in `TrialKey`
    seen: int = 0  # as in `Linked`


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The verdict of the campaign on a submission."""

    kind: Literal["judged"] = "judged"
    submission: int
    accepted: bool
    seconds: float  # of trials that it took
    seen: int = 0  # as in `Linked`
    reason: str = ""  # for the founder alone
    shown_at: float = 0.0  # Unix time before which the worker hears nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAdded:
    """The chain grew by a block or a withdrawal."""

    kind: Literal["entry_added"] = "entry_added"
    number: int
    entry: str  # canonical JSON
    commit: str  # of the hub's repository
    submission: int = 0  # of a block
    tag: str = ""  # of the campaign that goes on from a withdrawal
    further: int = 0  # pairs that a block gets before anything else is verified


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherPair:
    """One pair of a block's parent and the block, measured after the block was added."""

    kind: Literal["further_pair"] = "further_pair"
    block: int
    before: float | None  # value of its parent; None: there is none
    after: float | None
    seconds: float  # of both trials
    failed: bool = False  # the block's trial failed, through the block


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherJudged:
    """What the further pairs of a block show; if they show a loss, a `BlockWithdrawn` comes with it."""

    kind: Literal["further_judged"] = "further_judged"
    block: int
    pairs: int  # that have both values
    gain: float | None  # mean, in the metric's units, positive is better; None: too few pairs have values


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBegun:
    """Another campaign goes on from the head of the chain; what the one before had not judged is verified anew."""

    kind: Literal["campaign_begun"] = "campaign_begun"
    tag: str
    split: int  # which of the holdouts answers from now on
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWithdrawn:
    """A block is taken back, by the founder or by its further pairs; the chain has it once what was verified is settled."""

    kind: Literal["block_withdrawn"] = "block_withdrawn"
    block: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPaused:
    """The hub accepts nothing until it is resumed; without a reason it does again."""

    kind: Literal["hub_paused"] = "hub_paused"
    why: str


Event = (
    HubOpened
    | KeyChanged
    | Committed
    | Revealed
    | Refused
    | Linked
    | Asked
    | Judged
    | EntryAdded
    | FurtherPair
    | FurtherJudged
    | CampaignBegun
    | BlockWithdrawn
    | HubPaused
)


def subject_of(event: Event) -> int | None:
    """The submission that an event is about."""
    return getattr(event, "submission", None) or None


def encode(event: Event) -> bytes:
    """The event as JSON."""
    return dump(_adapter(), event)


def decode(body: str) -> Event:
    """The event of such a text; ValueError if it is none."""
    return load(_adapter(), body)


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])
