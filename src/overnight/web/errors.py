"""What is answered in place of what was asked for: a status, what is wrong, the fix, and the approval that is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from overnight.errors import LedgerBusy, OvernightError, UserError
from overnight.operations import tables
from overnight.operations.foreign_input import BadInput
from overnight.operations.perform import ApprovalAsked, Unsettled
from overnight.operations.permission import NotAllowed
from overnight.web.hidden import clean_error
from overnight.web.repositories import NotFound
from overnight.web.threads import Busy

RETRY_S = 5  # after which a caller who has too much under way may ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBody:
    """An error as JSON."""

    error: str  # what is wrong
    fix: str  # empty: the error says it all
    approval: int | None  # number of the approval that the owner is asked for


class Refused(Exception):  # noqa: N818  # a state
    """A request that is not carried out.

    Attributes:
        status: of HTTP.
        fix: what its sender can do.
        headers: that the answer has.
        approval: the number of the approval that the owner is asked for.
    """

    def __init__(
        self, status: int, message: str, fix: str = "", headers: Mapping[str, str] | None = None, approval: int | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.fix = fix
        self.headers = headers or {}
        self.approval = approval


def refused_by(error: OvernightError, *, reads: bool) -> Refused:
    """What an error is over HTTP; of what only reads, a user's is that it is not there."""
    message = clean_error(str(error.args[0]))
    if not isinstance(error, UserError):
        return Refused(500, message)
    fix = clean_error(error.fix)
    match error:
        case ApprovalAsked():
            return Refused(403, message, fix, approval=error.number)
        case Busy():
            return Refused(503, message, fix, {"Retry-After": str(RETRY_S)})
        case NotFound():
            status = 404
        case BadInput():
            status = 400
        case NotAllowed():
            status = 403
        case tables.Refused() | Unsettled() | LedgerBusy():
            status = 409
        case _:
            status = 404 if reads else 422
    return Refused(status, message, fix)
