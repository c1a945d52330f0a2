"""The claw: the talk with it, what it asks, what is due and what it knows; a message is written here."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.claw.folders import claw_names, find_claw
from overnight.claw.operations import claw_talk
from overnight.claw.pictures import read_picture
from overnight.claw.record.record import ClawRecord
from overnight.claw.views.status import state_words
from overnight.claw.views.talk import TalkPage
from overnight.ledger.file import NAME as LEDGER
from overnight.operations import watched
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import with_query


def watches(_context: Context, given: claw_talk.TalkInput) -> Sequence[Path]:
    """Its record, who runs it, and the record of operations, which has its questions."""
    if not claw_names():
        return ()
    memory = ClawRecord.folder_of(find_claw(given.claw))
    return (memory / LEDGER, memory / "lock", *watched.approvals())


def links(found: TalkPage, here: str) -> Sequence[Link]:
    """Other claws, and what waits for the owner."""
    others = [Link(address=with_query(here, claw=name), about=name) for name in found.others]
    return (
        *others,
        Link(address="/approvals", about="What waits for your approval"),
        Link(address="/loops", about="What runs"),
    )


def beside(_context: Context, _given: claw_talk.TalkInput, found: TalkPage) -> Mapping[str, object]:
    """Whether it is at work, in words."""
    return {"state": state_words(found.status) if found.status else ""}


def picture(_context: Context, found: TalkPage, name: str) -> bytes | None:
    """The picture of a message that the page shows, by the message's key."""
    file = next((each.picture for each in found.lines if each.picture and each.key == name), "")
    return read_picture(Path(file)) or None if file else None


PAGE = Page(
    address="/claw",
    operation=claw_talk.OPERATION,
    title=lambda found: f"({len(found.status.asks)}) Claw" if found.status and found.status.asks else "Claw",
    template="claw.html.j2",
    word="Claw",
    orders=("claw say", "claw stop", "claw continue", "approve", "refuse"),
    links=links,
    watches=watches,
    beside=beside,
    picture=picture,
)
