"""A campaign that was only opened is withdrawn if an error of the user's ends its first session before anything ran."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from overnight.errors import UserError, leaf_errors
from overnight.files.folders import remove_tree
from overnight.git.history import GitHistory
from overnight.research.events import Ordered, OrderSettled
from overnight.research.places.begun import unmark_begun
from overnight.research.record.ledger import SqliteLedger


@contextmanager
def withdrawn_if_refused(folder: Path, ledger: SqliteLedger, history: GitHistory, tag: str) -> Iterator[None]:
    """Delete a new campaign's folder, and the branch that was made for it, if the user must fix something before it can run.

    The caller made the folder and holds the ledger's lock. Anything recorded beyond the opening keeps the campaign.
    """
    before = history.branch_head(tag)
    try:
        yield
    except (UserError, ExceptionGroup) as error:
        if all(isinstance(leaf, UserError) for leaf in leaf_errors(error)) and not _has_begun(ledger):
            made = history.branch_head(tag) if before is None else None
            if made:
                history.retract(tag=tag, at=made)
            unmark_begun(folder, ledger)
            ledger.close()
            remove_tree(folder)
        raise


def _has_begun(ledger: SqliteLedger) -> bool:
    """Whether more is recorded than that the campaign was opened, and what was ordered meanwhile."""
    return any(not isinstance(entry.event, Ordered | OrderSettled) for entry in islice(ledger.events(), 1, None))
