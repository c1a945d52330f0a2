"""Operations of campaigns as operations of meta-campaigns: the same, by default on the newest meta-campaign."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from overnight.errors import UserError
from overnight.files.own import claim_folder
from overnight.git.repository import open_repository
from overnight.operations.operation import AnyOperation, Context
from overnight.research.places.begun import require_unnamed_begun_here
from overnight.research.places.campaigns import campaign_folder, newest_tag, require_sort

T = TypeVar("T")


def meta_tag_here(context: Context, tag: str | None) -> str:
    """The tag of a meta-campaign of the repository around the caller, by default the newest.

    Raises:
        UserError: there is none, it is none, or the newest was not begun here.
    """
    if tag is not None:
        require_sort(tag, meta=True)
        return tag
    repository = open_repository(context.where)
    repository.check_overnight()
    found = newest_tag(repository, meta=True)
    if found is None:
        raise UserError("there is no meta-campaign here yet", fix="start one with `overnight meta run`")
    claim_folder(campaign_folder(repository, found))
    require_unnamed_begun_here(campaign_folder(repository, found))
    return found


def of_meta(operation: AnyOperation, about: str, details: str = "") -> AnyOperation:
    """An operation of campaigns, whose input has a `tag`, on meta-campaigns."""
    return replace(
        operation,
        name=f"meta {operation.name}",
        about=about,
        details=details or operation.details,
        run=_named(operation.run),
        leads=_named(operation.leads),
        raised=_named(operation.raised),
        state=_named(operation.state),
    )


def _named(call: Callable[[Context, Any], T] | None) -> Callable[[Context, Any], T] | None:  # Any: the operation's input
    """The same call, with the tag in its input."""
    if call is None:
        return None

    def with_tag(context: Context, given: Any) -> T:  # Any: as above
        return call(context, replace(given, tag=meta_tag_here(context, given.tag)))

    return with_tag
