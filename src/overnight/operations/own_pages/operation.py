"""One operation: what it takes, what it returns, and how bad it is if it was not meant."""

from collections.abc import Mapping, Sequence

from overnight.operations.operation import Context
from overnight.operations.own import operations_show
from overnight.operations.page import Link, Page
from overnight.operations.views import OperationEntry, tier_words

LARGEST = 40_000  # characters of a schema that is shown


def links(_found: OperationEntry, _here: str) -> Sequence[Link]:
    """All of them."""
    return (Link(address="/operations", about="All operations"),)


def beside(_context: Context, _given: operations_show.OperationsShowInput, found: OperationEntry) -> Mapping[str, object]:
    """Its schemas as JSON, and words for people."""
    return {"tier_words": tier_words, "schemas": {"Takes": _text(found.input), "Returns": _text(found.output)}}


def _text(schema: Mapping[str, object]) -> str:
    import json

    return json.dumps(schema, indent=1)[:LARGEST]


PAGE = Page(
    address="/operations/{name}",
    operation=operations_show.OPERATION,
    title=lambda found: f"The operation {found.name}",
    template="operation.html.j2",
    links=links,
    beside=beside,
)
