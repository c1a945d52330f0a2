"""What the head of a meta-campaign is worth beside its start, on all targets, and beside the plain alternative."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.meta.operations._of_meta import meta_tag_here
from overnight.meta.operations._tags import Tag
from overnight.meta.report import MetaReport
from overnight.meta.report_words import lines_of
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.research.operations._inputs import Sandbox, Slots

PAIRS = 8  # of whole campaigns on every target
BLOCKS = 2  # in which the plain alternative is run


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaAuditInput:
    """How to measure which meta-campaign."""

    tag: Tag = None
    pairs: Annotated[int, Ge(2), Le(1000), Option(about="Pairs of start and head on every target.", shows_default=True)] = PAIRS
    longer: Annotated[
        int | None,
        Ge(0),
        Le(100_000),
        Option(
            about="Inner budgets of one longer campaign of the start, the plain alternative; by default what the search took "
            "on each target; 0: run none.",
            metavar="TIMES",
        ),
    ] = None
    blocks: Annotated[int, Ge(1), Le(1000), Option(about="How often the longer campaign is run.", shows_default=True)] = BLOCKS
    longer_head: Annotated[bool, Option(about="Also run the head for as long.")] = False
    leave_one_out: Annotated[bool, Option(about="Also test the head without each kept change.")] = False
    sandbox: Sandbox = "jail"
    slots: Slots = None


def run(context: Context, given: MetaAuditInput) -> MetaReport:
    """Measure, and write the report."""
    import anyio

    from overnight.meta.audit import AuditSize, audit_session, planned
    from overnight.meta.outcome import spreads_of
    from overnight.meta.report import meta_report
    from overnight.meta.report_files import write_meta_report
    from overnight.meta.wiring import charter_of, slots_of
    from overnight.research.reading import reading
    from overnight.research.wiring import SessionRequest

    tag = meta_tag_here(context, given.tag)
    with reading(tag, context.where) as campaign:
        repository, state = campaign.repository, campaign.state()
        found = meta_report(campaign.ledger, repository, state)
    if not found.kept:
        return found
    times = found.share if given.longer is None else given.longer
    size = AuditSize(
        pairs=given.pairs, times=times, blocks=given.blocks, head=given.longer_head, leave_one_out=given.leave_one_out
    )
    slots = given.slots or slots_of(charter_of(repository, state), repository, tag)
    request = SessionRequest(tag=tag, sandbox=given.sandbox, slots=slots)
    context.say(planned(found, size, len(spreads_of(state.program.metric)), slots))
    anyio.run(audit_session, repository, request, state, size, context.say)
    with reading(tag, context.where) as campaign:
        return write_meta_report(campaign)


def state(context: Context, given: MetaAuditInput) -> str:
    """What would be measured."""
    from overnight.research.reading import reading

    with reading(meta_tag_here(context, given.tag), context.where) as campaign:
        found = campaign.state()
        return f"{campaign.folder} {found.start} {found.head}"


OPERATION = Operation(
    name="meta audit",
    about="Run the start organisation and the head again, on every target, and the plain alternative: one longer campaign.",
    details="Whole campaigns in pairs, on fresh instances of each target that no verdict used, on public and on sealed ones. "
    "Then the start organisation has, in one campaign on each target, the budget that the search took. What was measured is "
    "recorded: after a stop, `overnight meta audit` with the same sizes continues.",
    input=MetaAuditInput,
    output=MetaReport,
    tier=Tier.COSTLY,
    lasts=True,
    run=run,
    render=lines_of,
    local=True,  # it runs the programs of all targets, and what the owner allows others covers one program
    owner_only=True,
    state=state,
    read_back=repeatable,  # it goes on where it stopped
    holds=lambda found: bool(found.outcome.public and found.outcome.public.gain and found.outcome.public.gain.low > 0),
)
