"""What becomes of a turn whose model cannot be asked: it is put aside and tried again, more and more rarely, for some days.

Nothing of it is lost or done twice, since it goes on from its recorded steps. It is said once, and what needs no model is done
meanwhile.
"""

from collections.abc import Sequence

from overnight.claw.agenda.words import is_unasked
from overnight.claw.events import Fired, Parked, Send
from overnight.claw.port import Turn
from overnight.claw.record.record import ClawRecord
from overnight.jobs.schedule_words import time_words
from overnight.ledger.sealed import SealedText, seal
from overnight.models.port import ModelsParked
from overnight.words.foreign import one_line

FIRST_S, LONGEST_S = 60.0, 3600.0  # between tries
KEPT_S = 3 * 24 * 3600.0  # after which a turn is given up
WHY = 300  # characters
LOST = "I let this go: for three days my model could not be asked ({why})."
FIRST = "My model cannot be asked now: {why}. I keep this, and come back to it {when}. What `help` lists works meanwhile."
ALSO = "I keep this too, until my model can be asked."


def parking(record: ClawRecord, turn: Turn, refusal: ModelsParked) -> tuple[Parked, Sequence[SealedText]] | str:
    """The event that puts it aside, with its texts; if it waits no more, what is said as its end.

    That is nothing for a run of a schedule of which an earlier one waits: it is not caught up with many at once.
    """
    entries, why = record.turn(turn.number), one_line(str(refusal), WHY)
    cause = entries[0].event
    earlier = [entry.event for number, _ in record.parked() if number < turn.number and (entry := record.event(number))]
    if isinstance(cause, Fired) and any(isinstance(each, Fired) and each.schedule == cause.schedule for each in earlier):
        return ""
    before = sum(isinstance(entry.event, Parked) for entry in entries)
    if turn.at - entries[0].at > KEPT_S:
        return LOST.format(why=why)
    until = turn.at + max(refusal.wait_s or 0.0, min(FIRST_S * 2**before, LONGEST_S))
    if before or is_unasked(cause):
        return Parked(turn=turn.number, until=until, why=why), ()
    others = any(number != turn.number for number, _ in record.parked())
    when = f"at {time_words(until, turn.zone)}" if refusal.wait_s else "when it can"
    text = seal(ALSO if others else FIRST.format(why=why, when=when))
    return Parked(turn=turn.number, until=until, why=why, sends=(Send(key=f"{turn.number}.p", to=turn.to, text=text.ref),)), (
        text,
    )
