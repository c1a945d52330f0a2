"""How a worker joins a hub."""

from overnight.operations.page import Page
from overnight.pool.operations import hub_join
from overnight.pool.pages._words import HUB, beside_each_other, record_files

PAGE = Page(
    address=f"{HUB}/join",
    operation=hub_join.OPERATION,
    title=lambda found: f"Search for {found.project}",
    template="join.html.j2",
    links=beside_each_other,
    watches=record_files,
)
