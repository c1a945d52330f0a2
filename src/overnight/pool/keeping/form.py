"""What a backup of a hub has: one archive of plain files, the first of which says what the others are."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from overnight.ledger.file import NAME as LEDGER
from overnight.pool.chain import Key, Line
from overnight.pool.changes import STRICT, Digest

FORM = 1
ABOUT = "about.json"
RECORD, BUNDLE, KEY, CANARY = f"hub/{LEDGER}", "objects.bundle", "key", "canary"
CAMPAIGN = f"campaigns/{{tag}}/{LEDGER}"
NAMES = rf"^(hub/{LEDGER}|campaigns/[A-Za-z0-9._-]{{1,100}}/{LEDGER}|{BUNDLE}|{KEY}|{CANARY}|hub\.yaml)$"
MOST = 2000  # files


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of a backup."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: Annotated[str, Field(pattern=NAMES)]
    size: Annotated[int, Field(ge=0)]  # bytes
    digest: Digest  # SHA-256 of the content


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a backup says of itself."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    form: int = FORM
    project: Line
    hub: Key
    entries: Annotated[int, Field(ge=0)]  # after the genesis
    head: Digest  # of the newest entry
    at: float  # Unix time, s
    members: Annotated[tuple[Member, ...], Field(max_length=MOST)]
