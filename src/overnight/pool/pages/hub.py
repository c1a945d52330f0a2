"""The hub: what needs its founder, what waits, what a block costs."""

from collections.abc import Mapping

from overnight.operations.operation import Context
from overnight.operations.page import Page
from overnight.pool.operations import hub_queue, hub_status
from overnight.pool.operations.hub_queue import HubQueueInput
from overnight.pool.operations.hub_status import HubStatus
from overnight.pool.pages._words import HUB, beside_each_other, record_files, words
from overnight.words.quantities import counted


def beside(context: Context, given: hub_status.HubStatusInput, found: HubStatus) -> Mapping[str, object]:
    """What waits, and how many keys there are."""
    keys = ", ".join(f"{count} {standing}" for standing, count in found.keys.items())
    asked, due = found.holdout, found.again
    worn = "worn: " if asked and asked.worn else ""
    holdout = f"{worn}number {asked.serves} of {asked.known}, asked {counted(asked.questions, 'time')}" if asked else ""
    again = f"block {due.block}, {due.pairs} of {due.wanted} further pairs" if due else ""
    return {
        **words(context, given, found),
        "holdout": holdout,
        "again": again,
        "queue": hub_queue.run(context, HubQueueInput()),
        "keys": keys,
    }


PAGE = Page(
    address=HUB,
    operation=hub_status.OPERATION,
    title=lambda found: f"(1) Hub {found.project}" if found.paused else f"Hub {found.project}",
    template="hub.html.j2",
    orders=("hub pause", "hub resume", "hub ban", "hub unban"),
    links=beside_each_other,
    watches=record_files,
    beside=beside,
)
