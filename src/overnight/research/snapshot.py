"""A campaign's state as the ledger keeps it, so that a session need not fold all events again."""

from functools import cache

from pydantic import TypeAdapter

from overnight.research.state import State

SNAPSHOT_FORM = b"16\n"  # raised when the state gets a field, or when an event folds differently


def dump_state(state: State) -> bytes:
    """The state as JSON, for a snapshot."""
    return SNAPSHOT_FORM + _form().dump_json(state)


def load_state(snapshot: bytes) -> State:
    """The state of a snapshot; raises ValueError if it is of another version; then the caller folds the ledger again."""
    if not snapshot.startswith(SNAPSHOT_FORM):
        raise ValueError("the snapshot is of another version")
    return _form().validate_json(snapshot.removeprefix(SNAPSHOT_FORM))


@cache
def _form() -> TypeAdapter[State]:
    """Prepared with the first snapshot: that takes as long as a trial of a small program."""
    return TypeAdapter(State)
