"""What a call began and left to others, such as an action of the board: it is watched to its end, and each news of it is said.

Does not cover: a call that a kill cut off after it took effect; what it began then is not known here.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict

from overnight.claw.agenda.conditions import Condition
from overnight.claw.events import ScheduleKind, ScheduleSet
from overnight.claw.port import Turn, Wanted
from overnight.ledger.sealed import SealedText, seal
from overnight.operations.operation import Followed
from overnight.operations.principal import Origin

EVERY = "every 1 minute"
IS = "is one of "


def watches_of(
    followed: Sequence[Followed], turn: Turn, wanted: Wanted, now: float
) -> tuple[Sequence[ScheduleSet], Sequence[SealedText]]:
    """A watch for each, and the texts that they have; what they say is the claw's own idea, so that it waits for its time."""
    events, texts = [], list[SealedText]()
    for each in followed:
        condition = Condition(
            operation=each.operation,
            given=each.given,
            repo=wanted.repo,
            field=each.field,
            wanted=IS + ", ".join(each.news),
            ends=IS + ", ".join(each.ends),
        )
        text, check = seal(each.what), seal(json.dumps(asdict(condition)))
        texts += [text, check]
        new = ScheduleSet(
            when=EVERY,
            zone=turn.zone,
            written=int(now),
            what=ScheduleKind.REMIND,
            text=text.ref,
            to=turn.to,
            person=turn.person,
            role=turn.role,
            origin=Origin.CLAW,
            check=check.ref,
            urgent=each.urgent,
            turn=turn.number,
        )
        events.append(new)
    return events, texts
