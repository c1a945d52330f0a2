"""A try of one researcher: a tiny edit in a throw-away repository."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt

from overnight.operations.operation import Argument, Context, Operation, Option, Tier, repeatable
from overnight.operations.permission import NotAllowed
from overnight.research.operations._allowed import require_program
from overnight.research.tryout.choice import OVER_ACP, choose


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsTestInput:
    """Whom to ask, and what it may use."""

    name: Annotated[str, Argument(about="A way to have a researcher, or a role of program.md.")]
    model: Annotated[str, Option(about="The model to ask for.")] = ""
    tokens: Annotated[int | None, Ge(1), Option(about="At most this many tokens in all.")] = None
    cost_usd: Annotated[float | None, Gt(0), Option(about="At most this many dollars.")] = None
    seconds: Annotated[float | None, Gt(0), Option(about="At most this many seconds in all.")] = None


def state(context: Context, given: AgentsTestInput) -> str:
    """Whom the name stands for now."""
    return repr(choose(given.name, given.model, context.where)[0])


def requires(context: Context, given: AgentsTestInput) -> None:
    """The owner allows the program whose role it is; a command that is given is for a terminal alone."""
    if choose(given.name, given.model, context.where)[1]:
        require_program(context)
    elif context.address is not None and given.name.startswith(OVER_ACP):
        raise NotAllowed(
            "a command to test is not taken over a face", fix="name a role of program.md, or test it in a terminal"
        )


OPERATION: Operation[AgentsTestInput, int] = Operation(
    name="agents test",
    about="Ask a researcher for one tiny edit, in a throw-away repository.",
    input=AgentsTestInput,
    output=None,
    tier=Tier.COSTLY,
    lasts=True,
    run=None,  # a terminal shows meanwhile what it uses
    render=lambda _: "",
    egress=True,
    state=state,
    requires=requires,
    read_back=repeatable,
)
