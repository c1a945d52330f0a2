"""The chain: what a hub opened with, then a block for each accepted commit and for each withdrawal, each signed.

Pure: what is checked needs nothing but the texts, every link, signature and digest; evidence.py does the arithmetic.

Does not cover: whether the values in a receipt were ever measured. The hub can invent them; only trials of your own show that.
Nor whether the hub shows others another chain: compare with a copy (`fork_between`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from overnight.pool.canonical import canonical, digest_of
from overnight.pool.changes import STRICT, BadChanges, ChangedFile, Digest, FileState, Tree, Whole, apply, tree_digest, tree_of
from overnight.pool.keys import KEY_HEX, SIGNATURE_HEX, SecretKey, is_signed
from overnight.research.receipts.proof import LARGEST as LARGEST_RECEIPT

PROTOCOL = 1
Key = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{KEY_HEX}}}$")]
Signature = Annotated[str, Field(pattern=rf"^[0-9a-f]{{{SIGNATURE_HEX}}}$")]
Line = Annotated[str, Field(max_length=500)]
MOST_FILES = 20_000  # of a public tree
MOST_PROGRAM = 200_000  # characters of its text


@dataclass(frozen=True, slots=True, kw_only=True)
class Genesis:
    """What a hub opened with: its key, the public tree, what is measured."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Literal["genesis"] = "genesis"
    number: Literal[0] = 0
    protocol: Whole = PROTOCOL
    hub: Key
    project: Annotated[str, Field(min_length=1, max_length=100)]
    at: float  # Unix time by the hub's clock, s
    front: Mapping[str, Any]  # keys of program.md that a worker may take; Any: YAML, checked by the worker's own parser
    body: Annotated[str, Field(max_length=MOST_PROGRAM)] = ""  # its Markdown: words of the founder, foreign to a worker
    bounds: tuple[float | None, float | None] = (None, None)  # that a value of the metric can have; null: none
    machine: Line = ""  # class of the machine that verifies
    files: tuple[FileState, ...]  # of the public tree
    full: Digest  # salted digest of the tree with its hidden files
    holdouts: tuple[Digest, ...] = ()  # salted digests of the holdout commands, in their order, and of the hidden files
    error_rate: Annotated[float, Field(gt=0, le=0.5)] = 0.10  # of all campaigns of the chain together, see pool/evidence.py
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An accepted commit."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Literal["block"] = "block"
    number: Annotated[Whole, Field(ge=1)]
    previous: Digest  # of the entry before
    at: float
    submission: Whole
    submitter: Key
    hypothesis: Line
    changes: Annotated[tuple[ChangedFile, ...], Field(max_length=1000)]  # on top of the entry before
    tree: Digest  # of the public tree after it
    full: Digest  # salted, as in `Genesis`
    receipt: Annotated[str, Field(max_length=LARGEST_RECEIPT)]  # see docs/trust.md; no answer of the holdout is in it
    campaign: Annotated[int, Field(ge=1)] = 1  # of the chain, which verified it
    split: Annotated[int, Field(ge=0)] = 0  # which of the genesis' holdouts answered
    holdout: Digest  # salted digest of the holdout's answer
    worn: bool = False  # the holdout had answered too often
    gain: float  # of the metric, as the receipt has it
    seconds: float  # of trials that verifying took
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A block that no longer counts; its change is taken out of the tree by `changes`, if it could be."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Literal["withdrawal"] = "withdrawal"
    number: Annotated[Whole, Field(ge=1)]
    previous: Digest
    at: float
    block: Whole
    why: Line
    changes: Annotated[tuple[ChangedFile, ...], Field(max_length=1000)]
    tree: Digest
    full: Digest
    signature: str = ""


Entry = Annotated[Genesis | Block | Withdrawal, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[Genesis | Block | Withdrawal] = TypeAdapter(Entry)


def entry_json(entry: Genesis | Block | Withdrawal) -> dict[str, Any]:
    """An entry as JSON; Any: of the fields."""
    made: dict[str, Any] = _ADAPTER.dump_python(entry, mode="json")
    return made


def read_entry(text: str | bytes) -> Genesis | Block | Withdrawal:
    """The entry of such a text; ValueError if it is none."""
    return _ADAPTER.validate_json(text)


def entry_digest(entry: Genesis | Block | Withdrawal) -> str:
    """By which the next entry and every submission name an entry: over all but its signature."""
    return digest_of(_unsigned(entry))


def signed(entry: Genesis | Block | Withdrawal, key: SecretKey) -> Genesis | Block | Withdrawal:
    """An entry with the hub's signature."""
    return read_entry(canonical({**_unsigned(entry), "signature": key.sign(canonical(_unsigned(entry)))}))


def _unsigned(entry: Genesis | Block | Withdrawal) -> dict[str, Any]:  # Any: as `entry_json`
    made = entry_json(entry)
    del made["signature"]
    return made


@dataclass(slots=True)
class Chain:
    """A chain as far as it was checked, and the tree after it."""

    genesis: Genesis
    tree: Tree
    entries: list[Block | Withdrawal] = field(default_factory=list)
    head: str = ""  # digest of the newest entry

    @property
    def number(self) -> int:
        """Of the newest entry."""
        return self.entries[-1].number if self.entries else 0

    @classmethod
    def begin(cls, genesis: Genesis) -> "Chain":
        """A chain with its first entry, checked.

        Raises:
            BadChain: it is not signed by its own key, or its tree cannot be one.
        """
        if genesis.protocol != PROTOCOL:
            raise BadChain(f"protocol {genesis.protocol}; this overnight speaks {PROTOCOL}")
        if len(genesis.files) > MOST_FILES:
            raise BadChain(f"{len(genesis.files)} files in its tree; {MOST_FILES} are allowed")
        _check_signed(genesis, genesis.hub)
        try:
            tree = tree_of(genesis.files)
        except BadChanges as bad:
            raise BadChain(f"its tree: {bad}") from bad
        return cls(genesis=genesis, tree=tree, head=entry_digest(genesis))

    def add(self, entry: Block | Withdrawal) -> None:
        """Add the next entry, checked; the chain stays as it was if it does not hold.

        Raises:
            BadChain: it does not follow from the one before, is not signed by the hub, or names another tree.
        """
        name = f"entry {entry.number}"
        if entry.number != self.number + 1:
            raise BadChain(f"{name} follows entry {self.number}")
        if entry.previous != self.head:
            raise BadChain(f"{name} does not name the entry before it")
        _check_signed(entry, self.genesis.hub)
        try:
            tree = apply(self.tree, entry.changes) if entry.changes else self.tree
        except BadChanges as bad:
            raise BadChain(f"{name}: {bad}") from bad
        if tree_digest(tree) != entry.tree:
            raise BadChain(f"{name} names another tree than its changes make")
        if isinstance(entry, Withdrawal) and not any(
            isinstance(each, Block) and each.number == entry.block for each in self.entries
        ):
            raise BadChain(f"{name} withdraws block {entry.block}, which is not there")
        self.entries.append(entry)
        self.tree, self.head = tree, entry_digest(entry)


class BadChain(ValueError):  # noqa: N818  # named like the verdict
    """A chain does not hold; the message says where, in one line."""


def fork_between(one: Sequence[Genesis | Block | Withdrawal], other: Sequence[Genesis | Block | Withdrawal]) -> int | None:
    """The first number at which two signed copies differ, which proves that the hub shows two; None: one goes on the other."""
    for first, second in zip(one, other, strict=False):
        if entry_digest(first) != entry_digest(second):
            return first.number
    return None


def _check_signed(entry: Genesis | Block | Withdrawal, hub: str) -> None:
    if not is_signed(hub, entry.signature, canonical(_unsigned(entry))):
        raise BadChain(f"entry {entry.number} is not signed by the hub")
