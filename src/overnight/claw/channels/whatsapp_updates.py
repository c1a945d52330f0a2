"""What WhatsApp brings to a webhook, as values: whose signature it has, messages of persons, and what became of ours.

The server's JSON is foreign, and may have more keys than are read here. Source: the webhook reference of the Cloud API.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.notices.port import Message

LONGEST = 8192  # characters; WhatsApp's own limit is 4,096
_ID = Annotated[str, Field(pattern=r"^[!-~]{1,256}$")]
_NUMBER = Annotated[str, Field(pattern=r"^[0-9]{5,20}$")]  # of an account: digits alone, never a name that somebody chose
_TIME = Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
_TEXT = Annotated[str, Field(max_length=LONGEST)]
_KINDS: Mapping[str, str] = {  # of messages that are not read
    "image": "picture",
    "video": "video",
    "audio": "sound",
    "document": "file",
    "sticker": "sticker",
    "location": "place",
    "contacts": "contact",
}
_NO_MESSAGES = frozenset(("reaction", "system"))  # a touch of a heart, a number that changed


class _Wire(BaseModel):
    """WhatsApp adds keys at any time, so those that are not known are left out instead of refused."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _Body(_Wire):
    body: _TEXT = ""


class _Media(_Wire):
    caption: _TEXT = ""


class _Reply(_Wire):
    id: Annotated[str, Field(max_length=256)]


class _Interactive(_Wire):
    button_reply: _Reply | None = None


class _Context(_Wire):
    forwarded: bool = False
    frequently_forwarded: bool = False


class _Message(_Wire):
    id: _ID
    sender: Annotated[_NUMBER, Field(alias="from")]
    timestamp: _TIME = "0"
    type: Annotated[str, Field(max_length=64)]
    text: _Body = _Body.model_construct(body="")
    image: _Media | None = None
    video: _Media | None = None
    document: _Media | None = None
    interactive: _Interactive | None = None
    context: _Context = _Context.model_construct(forwarded=False, frequently_forwarded=False)
    group_id: Any = None  # Any: of any form; whether there is one is what counts

    @property
    def words(self) -> str:
        """Its text, or the name of what is not read."""
        if self.type == "text":
            return self.text.body
        if self.type == "interactive" and self.interactive and self.interactive.button_reply:
            return self.interactive.button_reply.id
        media = next((each for each in (self.image, self.video, self.document) if each), None)
        named = f"[{_KINDS.get(self.type, 'message of another kind')}, not read]"
        return f"{named}\n{media.caption}" if media and media.caption else named


class _Fault(_Wire):
    code: int = -1
    title: Annotated[str, Field(max_length=1000)] = ""


class _Status(_Wire):
    id: _ID
    status: Annotated[str, Field(max_length=64)]
    errors: Sequence[_Fault] = ()


class _Metadata(_Wire):
    phone_number_id: Annotated[str, Field(max_length=64)]


class _Value(_Wire):
    metadata: _Metadata
    messages: Sequence[Any] = ()  # Any: read one by one, so that one which cannot be read takes no other with it
    statuses: Sequence[Any] = ()  # Any: the same


class _Change(_Wire):
    value: Any = None  # Any: the same; other fields of a webhook have other values


class _Entry(_Wire):
    changes: Sequence[_Change] = ()


class _Update(_Wire):
    entry: Sequence[_Entry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a message of ours."""

    id: str
    code: int  # of the error; 0: it goes out
    why: str = ""


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Whether who has the app's secret sent these very bytes."""
    wanted = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace"))


def read_update(body: bytes, phone: str) -> Iterator[Message | Fate]:
    """What came in for this number, in order; nothing of what cannot be read, or is another number's."""
    try:
        entries = _Update.model_validate(json.loads(body)).entry
    except (ValueError, RecursionError):  # also one of pydantic's
        return
    for change in (change for entry in entries for change in entry.changes):
        try:
            value = _Value.model_validate(change.value)
        except (ValidationError, RecursionError):
            continue
        if value.metadata.phone_number_id != phone:
            continue
        yield from filter(None, (_message(raw, phone) for raw in value.messages))
        yield from filter(None, (_fate(raw) for raw in value.statuses))


def _message(raw: object, phone: str) -> Message | None:
    try:
        found = _Message.model_validate(raw)
    except (ValidationError, RecursionError):
        return None
    if found.type in _NO_MESSAGES or not found.words:
        return None
    return Message(
        id=f"{phone}.{found.id}",
        sender=found.sender,
        text=found.words,
        at=float(found.timestamp),
        group=found.group_id is not None,
        forwarded=found.context.forwarded or found.context.frequently_forwarded,
    )


def _fate(raw: object) -> Fate | None:
    try:
        found = _Status.model_validate(raw)
    except (ValidationError, RecursionError):
        return None
    fault = next(iter(found.errors), _Fault.model_construct(code=-1, title=""))
    return Fate(id=found.id, code=fault.code if found.status == "failed" else 0, why=fault.title)
