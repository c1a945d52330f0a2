"""Errors as programs are answered them: a status, what is wrong, the fix, and the approval that is asked for."""

from dataclasses import dataclass

from overnight.errors import LedgerBusy, OvernightError, UserError
from overnight.operations.foreign_input import BadInput
from overnight.operations.perform import ApprovalAsked, Unsettled
from overnight.operations.permission import NotAllowed
from overnight.operations.tables import Refused
from overnight.web.repositories import NotFound
from overnight.words.foreign import printable_lines

TEXT = 2000  # characters
BUG = "this is a bug in overnight; its log says more"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiErrorBody:
    """What is answered instead."""

    error: str  # what is wrong
    fix: str  # empty: the error says it all
    approval: int | None  # number of the approval that the owner is asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiError:
    """An error over a face."""

    status: int  # of HTTP
    error: str
    fix: str = ""
    approval: int | None = None

    @property
    def body(self) -> ApiErrorBody:
        """What is answered."""
        return ApiErrorBody(error=self.error, fix=self.fix, approval=self.approval)


def error_of(error: Exception, *, reads: bool) -> ApiError:
    """What an error is over a face; of what only reads, a user's is that it is not there. Of a bug nothing is shown."""
    if not isinstance(error, OvernightError):
        return ApiError(status=500, error=BUG)
    if not isinstance(error, UserError):
        return ApiError(status=500, error=printable_lines(str(error.args[0]), TEXT))
    match error:
        case NotFound():
            status = 404
        case BadInput():
            status = 400
        case NotAllowed() | ApprovalAsked():
            status = 403
        case Refused() | Unsettled() | LedgerBusy():
            status = 409
        case _:
            status = 404 if reads else 422
    return ApiError(
        status=status,
        error=printable_lines(str(error.args[0]), TEXT),
        fix=printable_lines(error.fix, TEXT),
        approval=error.number if isinstance(error, ApprovalAsked) else None,
    )
