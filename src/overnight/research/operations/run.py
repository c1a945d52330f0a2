"""A session of a campaign."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt

from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.research.operations._allowed import program_words, require_program
from overnight.research.operations._inputs import On, Sandbox, Slots
from overnight.research.operations._leading import campaign_page
from overnight.research.operations._unjailed import code_of
from overnight.research.places.campaigns import newest_tag
from overnight.research.wiring import SessionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInput:
    """Which campaign, and what the session may use."""

    tag: Annotated[str | None, Option(about="Name of the campaign; by default the newest, or a new one.")] = None
    experiments: Annotated[int | None, Ge(1), Option(about="At most this many more experiments.")] = None
    hours: Annotated[float | None, Gt(0), Option(about="At most this many more hours.")] = None
    sandbox: Sandbox = "jail"
    slots: Slots = None
    on: On = ""


def request_of(context: Context, given: RunInput) -> SessionRequest:
    """The session that is asked for."""
    return SessionRequest(
        tag=given.tag,
        experiments=given.experiments,
        hours=given.hours,
        sandbox=given.sandbox,
        slots=given.slots,
        on=given.on,
        allowed_only=not context.at_home,
    )


def state(context: Context, given: RunInput) -> str:
    """The program as it is on disk, and the campaign that would go on."""
    repository = open_repository(context.where)
    return f"{repository.overnight} {given.tag or newest_tag(repository)} {code_of(repository, given.sandbox)}"


def requires(context: Context, given: RunInput) -> None:
    """The owner allows the program."""
    require_program(context, given.sandbox)


OPERATION: Operation[RunInput, int] = Operation(
    name="run",
    about="Run a campaign, or continue one.",
    input=RunInput,
    output=None,
    tier=Tier.COSTLY,
    leads=lambda context, given: campaign_page(context, given.tag),
    lasts=True,
    words=Origin.CLAW,
    run=None,  # a session needs a process whose signals end it in good order
    render=lambda _: "",
    state=state,
    requires=requires,
    tells=lambda context, _: program_words(context),
    read_back=repeatable,  # it goes on where it stopped
)
