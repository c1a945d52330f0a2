"""The errors of the project in one tree; a candidate's fault is not an error but a verdict.

OvernightError
├── UserError          the mistake of the user or a limit of their machine: one line, exit code 2
│   ├── ProgramError   program.md: file, line and key
│   ├── RepositoryError  the user's git repository cannot be worked on as it stands
│   ├── SandboxError   the jail is not available on this machine
│   └── LedgerBusy     another process holds the ledger
│       └── CampaignBusy   another process runs this campaign
└── InternalError      our fault: exit code 3
    └── LedgerCorrupt  the ledger does not fold or its chain does not hold
"""

from collections.abc import Sequence


class OvernightError(Exception):
    """Any error that the project raises by itself."""

    exit_code = 3


class UserError(OvernightError):
    """What the user can fix: says what is wrong, where, and how to fix it.

    Attributes:
        fix: one sentence or command that fixes it; empty if the message says it all.
        excerpt: lines of a failed command's output that say more than the message, printable; shown below it.
        notes: what else the user should know; shown below it.
    """

    exit_code = 2

    def __init__(self, message: str, *, fix: str = "", excerpt: Sequence[str] = (), notes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.fix = fix
        self.excerpt = excerpt
        self.notes = notes

    def __str__(self) -> str:
        message = super().__str__()
        if not self.fix:
            return message
        return f"{message if message.endswith('..') else message.removesuffix('.')}; {self.fix}"


class ProgramError(UserError):
    """A mistake in `program.md`."""

    def __init__(self, message: str, *, path: str, line: int | None = None, key: str = "", fix: str = "") -> None:
        place = path + (f":{line}" if line is not None else "") + (f": {key}" if key else "")
        super().__init__(f"{place}: {message}", fix=fix)
        self.path = path
        self.line = line
        self.key = key


class RepositoryError(UserError):
    """The user's repository cannot be worked on as it stands."""


class SandboxError(UserError):
    """The jail is not available on this machine."""


class LedgerBusy(UserError):  # noqa: N818  # a state, not a mistake
    """Another process holds the ledger.

    Attributes:
        process: its id, None if it has not written it down yet.
    """

    def __init__(self, message: str, *, process: int | None, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.process = process


class CampaignBusy(LedgerBusy):
    """Another process runs the campaign of this tag."""


class InternalError(OvernightError):
    """Our own fault."""


class LedgerCorrupt(InternalError):  # noqa: N818  # a state
    """The ledger does not fold, or its hash chain does not hold.

    Attributes:
        readable: how many events from the start are intact.
        fix: what to do; empty if the caller knows better.
    """

    def __init__(self, message: str, *, readable: int, fix: str = "") -> None:
        super().__init__(f"{message}; {fix}" if fix else message)
        self.readable = readable
        self.fix = fix


def leaf_errors(error: BaseException) -> Sequence[BaseException]:
    """The errors in a group that a task group raised, in its groups too, in order; any other error alone."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for inner in error.exceptions for leaf in leaf_errors(inner)]
