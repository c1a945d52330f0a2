"""What the campaigns of a search found: kept changes for the outbox, and what was open when one ended."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from overnight.errors import LedgerCorrupt, UserError
from overnight.pool.work.outbox import Outbox, Sending
from overnight.pool.work.place import Place
from overnight.pool.work.session import TAG
from overnight.research.places.campaigns import tags_by_session
from overnight.research.reading import reading
from overnight.research.standing import Kept
from overnight.research.state import State


def search_tags(place: Place) -> Sequence[str]:
    """The tags of all campaigns that searched here, the newest first."""
    return [tag for tag in tags_by_session(place.top / ".overnight") if tag.startswith(TAG)]


def state_of(place: Place, tag: str) -> State | None:
    """The state of a campaign; None if it has none yet."""
    # Its process makes the tables now, or it is damaged, which its process says.
    with suppress(UserError, LedgerCorrupt), reading(tag, place.top) as reader:
        return reader.state()
    return None


def collect(outbox: Outbox, state: State, tag: str) -> Sequence[Sending]:
    """Put what a campaign kept into the outbox; what was not there before."""
    found = []
    for kept, base in _with_bases(state):
        name = f"{tag}-{kept.number}"
        if outbox.get(name) is None:
            sending = Sending(name=name, at=time.time(), base=base, commit=kept.commit, hypothesis=kept.hypothesis)
            found.append(outbox.put(sending))
    return found


def open_in(state: State) -> Sequence[tuple[str, str]]:
    """Base and commit of each proposal without a verdict."""
    return [(each.base, each.commit) for each in state.open if each.conclusion is None]


def _with_bases(state: State) -> Iterator[tuple[Kept, str]]:
    """Each kept change with the commit that it was made on."""
    base = state.start
    for kept in state.kept:
        yield kept, base
        base = kept.commit
