"""What persons do in Telegram, as values; the server's JSON is foreign, and may have more keys than are read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.notices.port import Message

ALLOWED = ("message", "edited_message", "callback_query")
LONGEST = 8192  # characters; Telegram's own limit is 4,096 for a text and 64 bytes for a button
_NUMBER = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_TEXT = Annotated[str, Field(max_length=LONGEST)]
_KINDS: Mapping[str, str] = {  # of what is not read: the key in a message, and its name
    "photo": "picture",
    "voice": "voice message",
    "audio": "sound",
    "video": "video",
    "video_note": "video",
    "animation": "animation",
    "sticker": "sticker",
    "document": "file",
    "location": "place",
    "venue": "place",
    "contact": "contact",
    "poll": "poll",
}
EDITED = "[an edit of an earlier message, which changes nothing that was done]"


class _Wire(BaseModel):
    """Telegram adds keys at any time, so those that are not known are left out instead of refused."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)


class _User(_Wire):
    id: _NUMBER
    is_bot: bool


class _Chat(_Wire):
    id: _NUMBER
    type: Literal["private", "group", "supergroup", "channel"]


class _Message(_Wire):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)  # what it has besides text is named

    message_id: _NUMBER
    date: _NUMBER = 0
    edit_date: _NUMBER = 0
    chat: _Chat
    from_: Annotated[_User | None, Field(alias="from")] = None
    text: _TEXT = ""
    caption: _TEXT = ""

    @property
    def is_others(self) -> bool:
        """Whether its words may be somebody else's: it was forwarded, or a bot wrote it."""
        return any(key in (self.model_extra or {}) for key in ("forward_origin", "forward_date", "via_bot"))

    @property
    def words(self) -> str:
        """Its text, with the names of what is not read."""
        extra = self.model_extra or {}
        named = dict.fromkeys(f"[{name}, not read]" for key, name in _KINDS.items() if key in extra)
        if "animation" in extra:
            named.pop("[file, not read]", None)  # Telegram gives it as both
        return "\n".join(filter(None, [self.text, *named, self.caption]))


class _Query(_Wire):
    id: Annotated[str, Field(max_length=64)]
    from_: Annotated[_User, Field(alias="from")]
    message: _Message | None = None
    data: Annotated[str, Field(max_length=64)] = ""


class _Update(_Wire):
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Query | None = None


class _Numbered(_Wire):
    update_id: _NUMBER


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One thing that happened; the next number acknowledges it."""

    number: int
    content: _Update | None = None  # None: it cannot be read

    @property
    def query(self) -> str:
        """The button that was touched; empty if none was."""
        return self.content.callback_query.id if self.content and self.content.callback_query else ""

    def message(self, bot: str, now: float) -> Message | None:
        """What was written to this bot; None if it is nothing that a person wrote."""
        if self.content is None:
            return None
        if (query := self.content.callback_query) is not None:
            return _touch(query, bot, now)
        edited = self.content.edited_message
        found = edited or self.content.message
        if found is None or found.from_ is None or found.from_.is_bot or not found.words:
            return None
        id_ = f"{bot}.{found.chat.id}.{found.message_id}"
        return Message(
            id=f"{id_}.e{found.edit_date}" if edited else id_,
            sender=str(found.from_.id),
            text=f"{EDITED}\n{found.words}" if edited else found.words,
            at=float(found.edit_date or found.date or now),
            group=found.chat.type != "private",
            forwarded=found.is_others,
        )


def read_update(raw: object) -> Update | None:
    """An update; without content if it cannot be read, None if it has no number either."""
    try:
        number = _Numbered.model_validate(raw).update_id
    except ValidationError:
        return None
    try:
        return Update(number=number, content=_Update.model_validate(raw))
    except (ValidationError, RecursionError):
        return Update(number=number)


def _touch(query: _Query, bot: str, now: float) -> Message | None:
    if query.from_.is_bot or not query.data:
        return None
    private = query.message is not None and query.message.chat.type == "private"
    return Message(id=f"{bot}.q{query.id}", sender=str(query.from_.id), text=query.data, at=now, group=not private)
