"""What is worth waking a person for: a verified target, a spent budget, or a campaign that cannot continue on its own.

A keep is not, as it can wait for the report, unless its gain cannot be true: what comes after builds on it. Neither is what a
person did (Ctrl-C, `overnight stop`, an audit), nor one of several researchers without ideas left. A notice with the key of an
earlier one is the same news, in any session.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from overnight.git.port import branch_of
from overnight.notices.notice import Notice, Occasion
from overnight.research.caution import doubts_of, held, search_words, to_hold, to_look_at
from overnight.research.ending import EndReason
from overnight.research.events import Advanced, Sign, Stopped
from overnight.research.state import State
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration
from overnight.words.scrubber import Scrubber

TITLE = 120  # characters
LINE = 400
FACT = 200
DOUBTS = 3  # lines about keeps whose values are hard to believe
_HOUR_S = 3600


def news(state: State, sign: Sign) -> Notice | None:
    """The notice for a person after this event, if any; `state` is the state after it."""
    if isinstance(sign, Advanced):
        return _held(state, sign.number)
    if not isinstance(sign, Stopped):
        return None
    detail = sign.ending.detail
    match sign.ending.reason:
        case EndReason.TARGET:
            return _target(state)
        case EndReason.BUDGET | EndReason.SESSION:
            return _budget(state, detail)
        case EndReason.NO_IDEAS:
            key = f"no ideas {state.next_number} {state.program.digest[:12]}"
            return needs_person(state, key, "no ideas left", f"The campaign ended before its budget was spent: {detail}.")
        case EndReason.MODELS:
            line = f"No researcher can use its models until you do something: {detail}."
            return needs_person(state, _since("models", state, detail), "models cannot be used", line)
        case EndReason.SETUP:
            line = f"No researcher can work until you do something: {detail}."
            return needs_person(state, _since("setup", state, detail), "no researcher can work", line)
        case _:
            return None


def _held(state: State, number: int) -> Notice | None:
    """The notice that a keep waits for a person to read it; None if it does not."""
    found = doubts_of(state).get(number)
    if found is None or not found.held:
        return None
    return needs_person(state, f"held {number}", f"#{number} is unbelievable until read", f"Kept: {'; '.join(found.says)}.")


def failed(state: State, why: str) -> Notice:
    """A session ended by an error: the head cannot be measured, the branch was moved, a disk is full, or a bug of ours."""
    return needs_person(state, _since("failed", state, why), "stopped by an error", f"The session failed: {why}")


def greeting(place: str) -> Notice:
    """What `overnight notify test` sends."""
    lines = (
        f"This is a test from {printable(place, FACT)}: nothing has happened.",
        "A campaign writes here when its target is verified, a budget is spent, or it needs you.",
    )
    return Notice(
        key="test", occasion=Occasion.TEST, title="overnight: a test message", lines=lines, facts={"occasion": "test"}
    )


def needs_person(state: State, key: str, title: str, line: str) -> Notice:
    """The notice that the campaign cannot continue on its own."""
    return _notice(state, key, Occasion.PERSON, f"needs you: {title}", line, reason=line)


def deaf(state: State, channel: str, why: str) -> Notice:
    """A channel that people may order over cannot be heard; the campaign goes on."""
    line = f"Nothing can be received over `{channel}`: {why}. The campaign goes on; `overnight stop` works."
    return needs_person(state, f"deaf {channel}", f"`{channel}` cannot receive", line)


def _since(what: str, state: State, why: str) -> str:
    """A key that stays the same until an experiment ends; numbers in the text do not count."""
    digest = hashlib.sha256(re.sub(r"\d+", "", why).encode()).hexdigest()[:12]
    return f"{what} {state.tally.experiments} {digest}"


def _target(state: State) -> Notice:
    program, fresh = state.program, state.gate.baseline
    value = math.fsum(fresh) / len(fresh) if fresh else math.nan
    line = (
        f"{program.metric.name} is {value:.5g}, the mean of {counted(len(fresh), 'fresh trial')} of the head; the target was "
        f"{program.target:g} ({program.metric.direction.value}). The trials that led to keeps are not included."
    )
    return _notice(state, f"target {program.target!r}", Occasion.TARGET, f"target reached: {value:.5g}", line)


def _budget(state: State, detail: str) -> Notice:
    notice = _notice(state, _spent(state), Occasion.BUDGET, "budget spent", f"{detail[:1].upper()}{detail[1:]}.", reason=detail)
    return notice if state.kept else replace(notice, lines=(*notice.lines, "Nothing was proven better beyond noise."))


def _spent(state: State) -> str:
    """A key: a limit of the program is news once, a session's limit (`--hours`) whenever there were further trials."""
    budget, tally = state.budget, state.tally
    used: tuple[tuple[str, float, float | None], ...] = (
        ("experiments", tally.experiments, budget.experiments),
        ("trials", tally.trials, budget.trials),
        ("tokens", tally.tokens, budget.tokens),
        ("cost_usd", tally.cost_usd, budget.cost_usd),
        ("hours", state.elapsed_s / _HOUR_S, budget.hours),
    )
    for name, spent, limit in used:
        if limit is not None and spent >= limit:
            return f"budget {name} {limit:g}"
    return f"session {tally.trials}"


def _notice(state: State, key: str, occasion: Occasion, title: str, line: str, *, reason: str = "") -> Notice:
    """A notice, with the lines and facts that all of them share."""
    shown = Notice(
        key=key,
        occasion=occasion,
        title=printable(f"{state.tag}: {title}", TITLE),
        lines=tuple(printable(each, LINE) for each in (line, *_standing(state))),
        facts={name: printable(fact, FACT) for name, fact in _facts(state, occasion, reason).items()},
    )
    return shown.scrubbed(Scrubber((state.secret,)).text)


def _standing(state: State) -> tuple[str, ...]:
    """The state of the campaign, in lines."""
    tally = state.tally
    used = f"{counted(tally.trials, 'trial')}, {duration(state.elapsed_s)}"
    so_far = f"{tally.keep} kept of {counted(tally.experiments, 'experiment')}; {used}."
    newest = tuple(f"Kept last, #{kept.number}: {kept.hypothesis}" for kept in state.kept[-1:])
    return (
        *_first(to_hold(state), "held until read"),
        so_far,
        *newest,
        *_first(to_look_at(state), "to look at"),
        *filter(None, [_warned(search_words(state))]),
        f"Branch {branch_of(state.tag)} at {state.head[:12]}; more: overnight status --tag {state.tag}",
    )


def _warned(caution: str) -> str:
    return f"Warning: {caution}." if caution else ""


def _first(lines: Sequence[str], what: str) -> Iterator[str]:
    """The first few lines about keeps, and how many more there are."""
    yield from lines[:DOUBTS]
    if len(lines) > DOUBTS:
        yield f"{counted(len(lines) - DOUBTS, 'more keep')} {what}: see the report"


def _facts(state: State, occasion: Occasion, reason: str) -> Mapping[str, str]:
    tally, metric, fresh = state.tally, state.program.metric, state.gate.baseline
    return {
        "occasion": occasion.value,
        "tag": state.tag,
        "branch": branch_of(state.tag),
        "head": state.head,
        "metric": metric.name,
        "direction": metric.direction.value,
        "value": f"{math.fsum(fresh) / len(fresh):.9g}" if fresh else "",
        "target": "" if state.program.target is None else f"{state.program.target:.9g}",
        "kept": str(tally.keep),
        "experiments": str(tally.experiments),
        "trials": str(tally.trials),
        "elapsed_s": f"{state.elapsed_s:.0f}",
        "tokens": str(tally.tokens),
        "cost_usd": f"{tally.cost_usd:.2f}",
        "reason": reason,
        "doubts": ", ".join(str(number) for number in doubts_of(state)),
        "unbelievable": ", ".join(str(kept.number) for kept in held(state)),
    }
