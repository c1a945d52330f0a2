"""Two campaigns side by side."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from overnight.errors import UserError
from overnight.files.signature import Signature
from overnight.git.repository import open_repository
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.research.operations._lines import record_signature
from overnight.research.places.campaigns import campaign_folder, find_campaign, is_meta, tags_by_session
from overnight.research.reading import reading
from overnight.research.record.restore import newest_snapshot
from overnight.research.views.comparison import ComparedCampaign, Comparison, changed_lines, compare, compared
from overnight.research.views.comparison_words import headline, remarks
from overnight.words.foreign import printable

TEXT = 200  # characters of a campaign's name
REMEMBERED = 4  # campaigns, for a page that is looked at again


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareInput:
    """Which two; by default the two newest of the repository, the newer one second."""

    a: Annotated[
        str | None, Argument(about="A campaign's tag, or FOLDER:TAG in another repository; over the network REPO:TAG.")
    ] = None
    b: Annotated[str | None, Argument(about="The same.")] = None


def run(context: Context, given: CompareInput) -> Comparison:
    """Compare them."""
    a, b = chosen(given, context)
    return compare(read(a, context), read(b, context))


def chosen(given: CompareInput, context: Context) -> tuple[str, str]:
    """Which two are compared: those that are named, else the newest.

    Raises:
        UserError: fewer than two are named, and there is no other one.
    """
    a, b = given.a, given.b
    tags = [] if a and b else tags_by_session(open_repository(context.where).overnight)
    rest = [tag for tag in tags if tag not in (a, b) and not is_meta(tag)]
    if not b and rest:
        b = rest.pop(0)
    if not a and rest:
        a = rest.pop(0)
    if not a or not b:
        raise UserError("there are no two campaigns here to compare", fix="run another one, or name one of another repository")
    return a, b


def read(name: str, context: Context) -> ComparedCampaign:
    """Read the campaign that a name stands for.

    Raises:
        UserError: there is no such campaign, or it has no events; over a face, the repository is not served.
    """
    place, colon, tag = name.rpartition(":")
    repository, found = find_campaign(_folder(place, context) if colon else context.where, tag or None)
    return _read(name, repository.toplevel, tag or None, record_signature(campaign_folder(repository, found)))


@lru_cache(maxsize=REMEMBERED)
def _read(name: str, top: Path, tag: str | None, _signature: Signature) -> ComparedCampaign:
    """The same for a campaign whose files have this signature: it folds the whole history."""
    with reading(tag, top) as campaign:
        state = campaign.state()
        changes = {number: changed_lines(diff) for number, diff in campaign.kept_diffs(state).items()}
        ledger, believed = campaign.ledger, [kept.commit for kept in state.kept if kept.believed]
        found = newest_snapshot(ledger)
        return compared(printable(name, TEXT), ledger.events(), state.program, changes, found, believed=believed)


def _folder(place: str, context: Context) -> Path:
    """The folder that is named; over a face a repository that it serves, by its name there."""
    if context.address is None:
        return context.where / place
    if place not in context.repositories:
        raise UserError(f"no repository `{printable(place, TEXT)}` is served here", fix="name a campaign as REPO:TAG")
    return context.repositories[place]


def render(found: Comparison) -> str:
    """Which gained more, and what weakens the comparison."""
    return "\n".join([headline(found), *remarks(found)])


OPERATION = Operation(
    name="compare",
    about="Compare two campaigns: what each gained for what it cost, and how sure the difference is.",
    input=CompareInput,
    output=Comparison,
    tier=Tier.READ,
    run=run,
    render=render,
    holds=lambda found: found.comparable,
)
