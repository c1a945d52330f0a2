"""Puts a claw together: its minds, its hands and its chats."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from overnight.claw.channels.page import PageChat
from overnight.claw.channels.registry import open_chats
from overnight.claw.charter import WEB, Charter
from overnight.claw.grammar.mind import GrammarMind
from overnight.claw.grammar.seen import Seen
from overnight.claw.keeping.living import require_alive
from overnight.claw.memory.reader import recall_for, recalled_in
from overnight.claw.minds.models import ClawModels
from overnight.claw.port import Chat, Mind, Turn
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.claw import ClawRunner
from overnight.claw.setup.live import LiveCharter
from overnight.claw.setup.parsing import read_charter
from overnight.claw.turns.buttons import Buttons
from overnight.claw.turns.calling import Caller
from overnight.claw.turns.turn import TurnRunner
from overnight.jobs.schedule_words import time_words
from overnight.secrets.broker import user_broker


def make_runner(folder: Path, record: ClawRecord, chats: Mapping[str, Chat], *, say: Callable[[str], None]) -> ClawRunner:
    """A claw that can run; the caller holds its record's lock.

    Raises:
        UserError: it was made from a backup and is frozen, or a copy of it runs here.
    """
    require_alive(folder, record)
    broker = user_broker()
    live = LiveCharter(folder)
    clean = broker.scrubber().text
    caller = Caller(
        record,
        folder,
        repos=lambda: {name: Path(where) for name, where in live().repos.items()},
        environment=broker.environment,
        clean=clean,
        ceiling=lambda channel: live().ceiling(channel),
        guest_may=lambda: live().guests.may,
    )
    buttons = Buttons(record, ceiling=lambda channel: live().ceiling(channel), environment=broker.environment)
    models = ClawModels(folder, live, record=record, environment=broker.environment)
    return ClawRunner(
        record,
        TurnRunner(
            record,
            make_minds(live, folder, record, models),
            caller,
            buttons,
            zone=lambda: live().zone,
            recall=lambda turn: [each.seq for each in recall_for(record, turn)] if live().model else (),
        ),
        {WEB: PageChat(), **chats},
        say=say,
        clean=clean,
        charter=live,
        environment=broker.environment,
        close=models.close,
    )


def make_chats(folder: Path) -> Mapping[str, Chat]:
    """The chats of claw.yaml."""
    return open_chats(read_charter(folder).channels, user_broker().environment)


def make_minds(charter: Callable[[], Charter], folder: Path, record: ClawRecord, models: ClawModels) -> Sequence[Mind]:
    """The minds, in the order in which they are asked."""
    models_named = bool(charter().model)
    grammar = GrammarMind(
        Seen(record), called=folder.name, repos=lambda: charter().repos, guests=lambda: charter().guests, models=models_named
    )
    if not models_named:
        return (grammar,)
    from overnight.claw.minds.context import ContextBuilder
    from overnight.claw.minds.mind import ModelMind

    context = ContextBuilder(
        folder=folder, record=record, charter=charter, remembered=_remembered(record, lambda: charter().zone)
    )
    return (grammar, ModelMind(context, models, charter))


def _remembered(record: ClawRecord, zone: Callable[[], str]) -> Callable[[Turn], Sequence[str]]:
    """What is relevant for a turn, as far as whose turn it is may read it, a line each."""

    def lines(turn: Turn) -> Sequence[str]:
        return [
            f"#{each.seq} {each.text}"
            if each.kind == "fact_set"
            else f"{each.person or 'you'}, {time_words(each.at, zone())}: {each.text}"
            for each in recalled_in(record, turn)
        ]

    return lines
