"""The protocol between workers and a hub, version 1: what is sent, as JSON."""

import hashlib
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import ConfigDict, Field, TypeAdapter

from overnight.pool.canonical import canonical, digest_of
from overnight.pool.chain import PROTOCOL, Key, Line, Signature
from overnight.pool.changes import STRICT, Digest, SentFile, Whole
from overnight.pool.keys import SecretKey, is_signed
from overnight.research.changes.scope import MAX_FILES, MAX_TOTAL_BYTES

PREFIX = f"/pool/v{PROTOCOL}"
LARGEST_REQUEST = 2 * MAX_TOTAL_BYTES  # bytes of a body: base64 and JSON around the contents
SALT_HEX = 64
Nonce = Annotated[str, Field(max_length=200)]
B = TypeVar("B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A hub as it presents itself now."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    protocol: Whole = PROTOCOL
    hub: Key
    project: Annotated[str, Field(max_length=100)]
    genesis: Digest
    length: Whole  # entries after the genesis
    head: Digest
    paused: Line = ""  # why it accepts nothing now; empty: it does
    invitations: bool = False  # whether a new key needs one
    work_bits: Annotated[int, Field(ge=0, le=64)] = 0  # of hashcash that a new key's commitment costs
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A worker has something; what it is stays hidden until it is revealed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Literal["commit"] = "commit"
    parent: Digest  # the entry of the chain that it is on top of
    commitment: Digest
    invitation: Annotated[str, Field(max_length=200)] = ""
    work: Annotated[str, Field(max_length=64)] = ""  # hashcash, see `has_worked`


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """What was committed to."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: Literal["reveal"] = "reveal"
    submission: Annotated[Whole, Field(ge=1)]
    salt: Annotated[str, Field(pattern=rf"^[0-9a-f]{{{SALT_HEX}}}$")]
    files: Annotated[tuple[SentFile, ...], Field(max_length=MAX_FILES)]
    hypothesis: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request that changes something."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    protocol: Literal[1] = 1
    hub: Key
    project: Annotated[str, Field(max_length=100)]
    nonce: Nonce  # that the hub gave to this key, for one request
    key: Key
    body: Annotated[Commit | Reveal, Field(discriminator="kind")]
    signature: Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class NonceAnswer:
    """A nonce, for one signed request."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    nonce: Nonce


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a submission stands, and the nonce for the next request if the question was signed."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    submission: Whole
    state: Literal["committed", "queued", "accepted", "not accepted", "refused"]
    code: Annotated[str, Field(max_length=40)] = ""  # of a refusal, see docs/work.md
    why: Line = ""
    block: Whole | None = None  # of what was accepted
    nonce: Nonce = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that changed nothing."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    code: Annotated[str, Field(max_length=40)]
    why: Line
    nonce: Nonce = ""


def read(kind: type[B], text: str | bytes) -> B:
    """A message of a kind; ValueError if the text is none."""
    found: B = _adapter(cast(Hashable, kind)).validate_json(text)
    return found


def dump(message: object) -> dict[str, Any]:  # Any: JSON
    """A message as JSON."""
    made: dict[str, Any] = _adapter(cast(Hashable, type(message))).dump_python(message, mode="json")
    return made


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:  # Any: each kind of message; making one takes over a millisecond
    return TypeAdapter(cast(type[Any], kind))


def commitment(*, salt: str, digest: str, key: str) -> str:
    """What a worker commits to: its change, which nobody else can reveal as theirs."""
    return digest_of({"salt": salt, "digest": digest, "key": key})


def sign_request(body: Commit | Reveal, *, key: SecretKey, hub: str, project: str, nonce: str) -> Signed:
    """A signed request."""
    unsigned = {"protocol": PROTOCOL, "hub": hub, "project": project, "nonce": nonce, "key": key.public, "body": dump(body)}
    return Signed(hub=hub, project=project, nonce=nonce, key=key.public, body=body, signature=key.sign(canonical(unsigned)))


def is_genuine(request: Signed) -> bool:
    """Whether a request is signed by the key that it names."""
    unsigned = dump(request)
    del unsigned["signature"]
    return is_signed(request.key, request.signature, canonical(unsigned))


def sign_card(card: Card, key: SecretKey) -> Card:
    """A card with the hub's signature."""
    return Card(**{**asdict(card), "signature": key.sign(canonical(_unsigned(card)))})


def is_genuine_card(card: Card) -> bool:
    """Whether a card is signed by the hub that it names."""
    return is_signed(card.hub, card.signature, canonical(_unsigned(card)))


def _unsigned(card: Card) -> dict[str, Any]:  # Any: as `dump`
    made = dump(card)
    del made["signature"]
    return made


def has_worked(request: Commit, key: str, bits: int) -> bool:
    """Whether a commitment of a key has its hashcash: so many leading zero bits of a digest over both."""
    digest = hashlib.sha256(f"{key} {request.commitment} {request.work}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0
