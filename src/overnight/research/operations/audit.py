"""What a campaign really gained, and what each kept change is still worth, measured again."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.research.operations._allowed import program_words, require_program
from overnight.research.operations._inputs import On, Sandbox, Slots, Tag
from overnight.research.operations._leading import campaign_page
from overnight.research.operations._unjailed import code_of
from overnight.research.reading import reading
from overnight.research.views.audit import AuditReport, describe, report_on


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditInput:
    """How to measure which campaign."""

    tag: Tag = None
    pairs: Annotated[int | None, Ge(2), Le(100_000), Option(about="Trials of each tree; 20 by default, 3 without noise.")] = (
        None
    )
    leave_one_out: Annotated[bool, Option(about="Also test the head without each kept change.")] = True
    sandbox: Sandbox = "jail"
    slots: Slots = None
    on: On = ""
    report: Annotated[bool, Option(about="Update the report at the end.")] = True


def run(context: Context, given: AuditInput) -> AuditReport:
    """Measure without a view; a command line shows it live."""
    import anyio

    from overnight.research.loop.stop import Stop
    from overnight.research.report.write import write_files
    from overnight.research.wiring import SessionRequest, open_audit

    with reading(given.tag, context.where) as campaign:
        repository, folder, state = campaign.repository, campaign.folder, campaign.state()
    if not state.kept:
        return report_on(state)
    request = SessionRequest(
        tag=state.tag, sandbox=given.sandbox, slots=given.slots, on=given.on, allowed_only=not context.at_home
    )
    with open_audit(repository, request, Stop(), []) as audit:
        anyio.run(lambda: audit.run(pairs=given.pairs, leave_one_out=given.leave_one_out))
        found = audit.journal.state
        if given.report:
            hide = audit.journal.scrubber.known_in
            write_files(audit.journal.ledger, repository, folder, found.program, hide=hide)
    return report_on(found)


def state(context: Context, given: AuditInput) -> str:
    """What would be measured, and by which program."""
    with reading(given.tag, context.where) as campaign:
        found = campaign.state()
        code = code_of(campaign.repository, given.sandbox)
        return f"{campaign.folder} {found.start} {found.head} {code}"


def requires(context: Context, given: AuditInput) -> None:
    """The owner allows the program."""
    require_program(context, given.sandbox)


OPERATION = Operation(
    name="audit",
    about="Measure start and head again, and what each kept change is still worth.",
    input=AuditInput,
    output=AuditReport,
    tier=Tier.COSTLY,
    leads=lambda context, given: campaign_page(context, given.tag),
    lasts=True,
    run=run,
    render=lambda found: describe(found, ()),
    state=state,
    requires=requires,
    tells=lambda context, _: program_words(context),
    read_back=repeatable,  # it goes on where it stopped
    holds=lambda found: found.total is not None and found.total.low > 0,
)
