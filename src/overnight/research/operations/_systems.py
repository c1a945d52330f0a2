"""What other systems say of themselves: each by its operation `SYSTEM summary`, so that none is known here."""

from collections.abc import Iterator

from overnight.errors import OvernightError
from overnight.operations.operation import Context
from overnight.operations.registry import find, names
from overnight.operations.summary import LAST_WORD, Summary, SystemLine


def system_lines(context: Context, troubles: list[str], *, of_machine: bool) -> Iterator[SystemLine]:
    """Those of this machine, or else those of the repository that the context is about; what cannot be read is a trouble."""
    for name in names(added=False):
        operation = find(name) if name.endswith(f" {LAST_WORD}") else None
        if operation is None or operation.run is None or operation.of_machine is not of_machine:
            continue
        try:
            summary = operation.run(context, operation.input())
        except (OSError, OvernightError) as error:
            troubles.append(str(error))
            continue
        yield from summary.lines if isinstance(summary, Summary) else ()
