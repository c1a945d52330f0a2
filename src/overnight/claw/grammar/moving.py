"""Another time for what is set: `move it to 9` changes the hour that a clock shows, and neither the day nor what repeats."""

import re
from datetime import datetime, timedelta

from overnight.claw.grammar.sentence import Talk
from overnight.claw.grammar.when import HALF_DAY_H, read_clock, read_when
from overnight.claw.record.schedules import Planned
from overnight.jobs.schedule import zone_of

_AT = re.compile(r"\bat \d{1,2}(?::\d{2})?(?:\s?(?:am|pm))?\b", re.IGNORECASE)


def moved(plan: Planned | None, said: str, talk: Talk) -> str | None:
    """When it comes from now on, as schedules are written; None if it is not clear what is meant."""
    repeats = plan is not None and plan.set.when.lower().startswith("every ")
    if plan is not None and (clock := _near(plan, said, talk)):
        here, at = clock
        if repeats:
            changed = _AT.sub(f"at {here}", plan.set.when, count=1)
            return changed if _AT.search(plan.set.when) else None
        return at
    when = read_when(said, talk.turn.zone, talk.turn.at) or read_when(f"at {said}", talk.turn.zone, talk.turn.at)
    return None if when and repeats and not when.startswith("every ") else when


def _near(plan: Planned, said: str, talk: Talk) -> tuple[str, str] | None:
    """A bare time of the clock on the day when it comes: as clocks show it, and as a date; None if it is no such time.

    Of a clock with twelve hours it is the one that is nearer to what is set.
    """
    clock = read_clock(said)
    if clock is None or plan.next is None:
        return None
    hour, minute, is_sure = clock
    due = datetime.fromtimestamp(plan.next, zone_of(talk.turn.zone))
    hours = [hour] if is_sure else [hour, (hour + HALF_DAY_H) % 24]
    there = min((due.replace(hour=each, minute=minute, second=0) for each in hours), key=lambda each: abs(each - due))
    if there.timestamp() <= talk.turn.at:
        there += timedelta(days=1)
    return f"{there:%H:%M}", f"{there:%Y-%m-%d %H:%M}"
