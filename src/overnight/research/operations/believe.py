"""A person's word that a kept change was read, and that its gain is real."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import give
from overnight.research.order import BelieveChange
from overnight.research.reading import CampaignReader, reading
from overnight.research.standing import Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class BelieveInput:
    """Which kept change of which campaign."""

    number: Annotated[int, Ge(1), Argument(about="Of the experiment that was kept.")]
    tag: Tag = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """What `believe --json` prints."""

    campaign: str  # its tag
    number: int
    commit: str


def run(context: Context, given: BelieveInput) -> Believed:
    """Note it; a campaign that runs records it within seconds."""
    with reading(given.tag, context.where) as campaign:
        kept, folder = _kept(campaign, given.number), campaign.folder
    if not kept.believed:
        give(context, folder, BelieveChange(number=kept.number, commit=kept.commit))
    return Believed(campaign=folder.name, number=given.number, commit=kept.commit)


def state(context: Context, given: BelieveInput) -> str:
    """The change that is meant; the newest campaign can be another one later."""
    with reading(given.tag, context.where) as campaign:
        return f"{campaign.folder} {_kept(campaign, given.number).commit}"


def read_back(context: Context, given: BelieveInput, found: Believed | None) -> Settled:
    """Whether it counts as read."""
    with reading(found.campaign if found else given.tag, context.where) as campaign:
        return Settled.DONE if _kept(campaign, given.number).believed else Settled.NOT_DONE


def render(found: Believed) -> str:
    """That it counts as read."""
    return f"#{found.number} of `{found.campaign}` counts as read: its gain is real by a person's word"


def _kept(campaign: CampaignReader, number: int) -> Kept:
    state = campaign.state()
    kept = next((kept for kept in state.kept if kept.number == number), None)
    if kept is None:
        raise UserError(f"the campaign `{state.tag}` did not keep #{number}", fix="see `overnight log --verdict keep`")
    return kept


OPERATION = Operation(
    name="believe",
    about="Say that you have read a kept change and that its gain is real.",
    details=(
        "For a person: read its diff first with `overnight show N`. A change that is unbelievable until read is held back from"
        " `finalize` until then. It also takes effect while the campaign runs."
    ),
    input=BelieveInput,
    output=Believed,
    tier=Tier.COSTLY,  # it is a person's word
    run=run,
    render=render,
    state=state,
    read_back=read_back,
)
