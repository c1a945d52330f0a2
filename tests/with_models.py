"""A simulated campaign with model calls."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from overnight.models.usage import Usage
from overnight.research.events import ModelCalled, Proposed
from overnight.research.record.port import Recorded

CALL = Usage(calls=1, input_tokens=2_200, cached_tokens=800, output_tokens=300, cost_usd=0.012, seconds=4.0, first_token_s=0.5)
CALLS = 3  # for each proposal


def with_models(entries: Iterable[Recorded]) -> Iterator[Recorded]:
    """The same ledger, with three calls before each proposal; tuners call a small model, explorers a large one."""
    for entry in entries:
        if isinstance(entry.event, Proposed):
            model = "large-4" if entry.event.role == "explorer" else "small-2"
            for _ in range(CALLS):
                called = ModelCalled(
                    number=entry.event.number, role=entry.event.role, provider="example", model=model, usage=CALL
                )
                yield replace(entry, event=called)
        yield entry
