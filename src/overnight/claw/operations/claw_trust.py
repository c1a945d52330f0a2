"""The owner's word that a skill or a tool server may be used as it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from overnight.claw.events import Trusted, TrustKind
from overnight.claw.hands.servers import ask_tools
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.operations.claw_mcp import server_of
from overnight.claw.operations.claw_skill import SHORT
from overnight.claw.record.record import sealed_json
from overnight.claw.skills.shelf import Shelf, sealed_files
from overnight.errors import UserError
from overnight.ledger.sealed import SealedText
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustInput:
    """What, as it is now."""

    what: Annotated[Literal["skill", "server"], Argument(about="What it is.")]
    name: Annotated[str, Argument(about="Its name.")]
    digest: Annotated[str, Argument(about="The digest that you looked at, or at least 12 characters of it.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedThing:
    """What is trusted now."""

    what: str
    name: str
    digest: str


def run(context: Context, given: TrustInput) -> TrustedThing:
    """Record it, if it is still what the owner looked at."""
    what = TrustKind(given.what)
    with opened(given.claw) as (folder, record):
        digest, text = _skill(Shelf(folder, record), given.name) if what is TrustKind.SKILL else _server(folder, given.name)
        if len(given.digest) < SHORT or not digest.startswith(given.digest):
            fix = f"look at it: overnight claw {what} {given.name}"
            raise UserError(f"the {what} `{given.name}` is not the one of this digest any more", fix=fix)
        event = Trusted(what=what, name=given.name, digest=digest, text=text.ref, by=str(context.principal))
        record.append(event, texts=[text])
        return TrustedThing(what=what, name=given.name, digest=digest)


def _skill(shelf: Shelf, name: str) -> tuple[str, SealedText]:
    skill = shelf.find(name)
    if skill.tree is None or not skill.digest:
        raise UserError(f"the skill `{name}` is broken: {skill.why}", fix="repair or remove it")
    return skill.digest, sealed_files(skill.tree)


def _server(folder: Path, name: str) -> tuple[str, SealedText]:
    tools = ask_tools(folder, server_of(folder, name))
    return tools.digest, sealed_json({"tools": tools.listed})


def read_back(_context: Context, given: TrustInput, _found: TrustedThing | None) -> Settled:
    """Whether it is trusted."""
    with opened(given.claw) as (_, record):
        pin = record.trusted(TrustKind(given.what)).get(given.name)
    return Settled.DONE if pin and pin.digest.startswith(given.digest) else Settled.NOT_DONE


OPERATION = Operation(
    name="claw trust",
    about="Let the claw use a skill or a tool server as it is now; the owner alone says so.",
    input=TrustInput,
    output=TrustedThing,
    tier=Tier.COSTLY,
    of_machine=True,
    owner_only=True,
    words=Origin.TOOL,
    run=run,
    render=lambda found: f"the {found.what} {found.name} is trusted as it is ({found.digest[:SHORT]})",
    read_back=read_back,
    state=lambda _context, given: given.digest,
)
