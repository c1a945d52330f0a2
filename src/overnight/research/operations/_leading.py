"""The address of a campaign's page, for what works on it."""

import os

from overnight.git.repository import open_repository
from overnight.operations.operation import Context
from overnight.operations.pages import address_of
from overnight.research.places.campaigns import newest_tag

CAMPAIGN = "/repos/{repo}/campaigns/{tag}"


def campaign_page(context: Context, tag: str | None) -> str:
    """The page of a campaign of the repository around the caller, by default the newest; empty if it is not served."""
    repository = open_repository(context.where)
    here = os.path.realpath(repository.toplevel)
    name = next((name for name, path in context.repositories.items() if os.path.realpath(path) == here), "")
    found = tag or newest_tag(repository)
    return address_of(CAMPAIGN, repo=name, tag=found) if name and found else ""
