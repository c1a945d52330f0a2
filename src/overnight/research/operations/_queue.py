"""Which ideas of a queue can be changed."""

from overnight.errors import UserError
from overnight.research.idea import IdeaQueue


def require_open(queue: IdeaQueue, number: int) -> None:
    """Check that an idea is open.

    Raises:
        UserError: it is not.
    """
    if all(idea.number != number for idea in queue.ideas):
        raise UserError(f"no open idea has the number {number}", fix="see `overnight idea list`")
