"""Why a request or a submission is refused, in words that are the same for everybody and name nothing of the hub's tree."""

WHY = {
    "another hub": "the request is for another hub or project",
    "banned": "this key may not submit here",
    "changes": "the files are no change that may be verified",
    "commitment": "what was revealed is not what was committed to",
    "conflict": "it does not fit the head of the chain any more",
    "duplicate": "the same change was committed to before",
    "full": "the queue is full, or enough of yours wait; try again later",
    "invitation": "a new key needs an invitation",
    "late": "it was not revealed in time",
    "nonce": "the nonce is used, expired or of another key; ask for another",
    "paused": "the hub accepts nothing now",
    "scope": "it changes what may not be changed",
    "signature": "the request is not signed by the key that it names",
    "stale": "its parent is no entry of the chain, or lies too far back",
    "taken": "another key made this commitment",
    "unknown": "this key has no such submission",
    "work": "the commitment of a new key needs more work",
}


def why_of(code: str) -> str:
    """The words for a code."""
    return WHY.get(code, "it cannot be verified")


class NotTaken(Exception):  # noqa: N818  # a state
    """A request changes nothing; the text is the code."""


class Busy(Exception):  # noqa: N818  # a state
    """More wait than can be answered soon."""
