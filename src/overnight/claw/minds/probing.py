"""One round trip to a model, by each provider alone, so that failover hides none that is down; its tokens are counted."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from anyio import fail_after

from overnight.claw.charter import TERMINAL, Charter
from overnight.claw.minds.models import NO_PROVIDER, ClawModels, TurnSpent
from overnight.claw.port import Turn
from overnight.claw.record.record import ClawRecord
from overnight.config import read_settings
from overnight.errors import UserError
from overnight.models.asking.ask import ask
from overnight.models.asking.messages import UserMessage
from overnight.models.port import ModelsParked, RequestRefused
from overnight.operations.principal import Address, Kind, Origin
from overnight.words.quantities import counted

WAIT_S = 60.0
MOST_TOKENS = 64  # of the answer


def provider_names(environment: Mapping[str, str]) -> Sequence[str]:
    """Those that the model would be asked of, in their order.

    Raises:
        UserError: there is none, or the settings are wrong.
    """
    found = [each.name for each in read_settings(environment, Path.home()).providers]
    if not found:
        raise UserError(NO_PROVIDER)
    return found


async def ask_provider(
    folder: Path, record: ClawRecord, charter: Charter, environment: Mapping[str, str], provider: str
) -> str:
    """What came of asking one for a word.

    Raises:
        UserError: it gave no answer; says why.
    """
    models = ClawModels(folder, lambda: charter, record=record, environment=environment, only=provider)
    turn = Turn(
        number=0,
        text="",
        person="owner",
        role=Kind.OWNER,
        origin=Origin.OWNER,
        to=Address(TERMINAL, "owner"),
        at=record.clock(),
        zone=charter.zone,
        silent=True,
    )
    try:
        await models.open()
        with fail_after(WAIT_S), models.of(turn) as run:
            answer = await ask(run, [UserMessage(text="Say: ok")], most_output=MOST_TOKENS)
            return f"{answer.model or charter.model} answers, {counted(run.usage.tokens, 'token')}"
    except (ModelsParked, RequestRefused, TurnSpent) as error:
        raise UserError(str(error)) from error
    except TimeoutError:
        raise UserError(f"no answer within {WAIT_S:.0f} s") from None
    finally:
        await models.close()
