"""Says which constants the tuner no longer changes, and why: they changed nothing, or always crashed."""

from collections.abc import Sequence

from overnight.research.researchers.tuner.past import FRUITLESS, Past
from overnight.research.researchers.tuner.target import Target
from overnight.words.quantities import counted, listed

MOST_NAMES = 8  # in a message
ADVICE = "`checks` or `editable` can exclude such changes"


def all_tried(target: Target, past: Past) -> str:
    """Why there are no ideas left: what was tried out, what changed nothing, and what crashed."""
    dead, crashing = past.dead.dropped, past.crashing.dropped
    names = {d.key: d.constant.name for d in target.space}
    if past.fruitless >= FRUITLESS:
        return f"the last {counted(past.fruitless, 'search trial')} of the tuner had no value: {past.why_fruitless}"
    living = [name for key, name in names.items() if key not in dead and key not in crashing]
    message = f"the tuner tried everything in the range of {', '.join(living[:MOST_NAMES]) or 'the removable statements'}"
    return "".join((message, *(f"; {part}" for part in dropped_parts(names, list(names), past))))


def dropped_parts(names: dict[str, str], keys: Sequence[str], past: Past) -> list[str]:
    """A phrase for each reason why some of these keys were dropped; `names` says what each is called."""
    dead, crashing, crashed = past.dead.dropped, past.crashing.dropped, past.crashing.crashed
    mixed = [names[key] for key in keys if key in dead and key in crashed]
    nothing = [names[key] for key in keys if key in dead and key not in crashed]
    always = [names[key] for key in keys if key in crashing and key not in dead]
    parts = [
        f"{listed(found, MOST_NAMES)} {what} and {_is(found)} dropped"
        for found, what in ((nothing, "changed nothing"), (mixed, "crashed or changed nothing"), (always, "crashed every time"))
        if found
    ]
    return [*parts, ADVICE] if any(key in crashing for key in keys) else parts


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
