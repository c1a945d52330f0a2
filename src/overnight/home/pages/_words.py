"""How the pages of the home write things, and what they watch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.home.capabilities import PHYSICAL, PROPERTIES
from overnight.home.operations._home import DeviceState
from overnight.home.operations._rules import rule_words
from overnight.home.operations._scenes import step_words
from overnight.home.operations.home_show import can_words, command_words
from overnight.home.record.record import has_home, home_folder
from overnight.home.things import CommandOutcome, Value
from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.lock import NAME as LOCK
from overnight.operations import watched
from overnight.words.foreign import printable

CLASSES = {
    CommandOutcome.DONE: "proven",
    CommandOutcome.UNCONFIRMED: "fails",
    CommandOutcome.FAILED: "fails",
    CommandOutcome.UNKNOWN: "look",
}
QUICK: Mapping[str, Sequence[tuple[str, Value]]] = {  # buttons of what is harmless, by property
    "on": (("On", "true"), ("Off", "false")),
    "playing": (("Play", "playing"), ("Pause", "paused")),
    "position": (("Open", "100"), ("Close", "0")),
}

UNITS = {each.name: each.unit for known in PROPERTIES.values() for each in known if each.unit}
LONGEST = 80  # characters of a text


def record_files() -> Sequence[Path]:
    """The home's record, who watches it, and the questions to the owner."""
    return (home_folder() / LEDGER, home_folder() / LOCK, *watched.approvals()) if has_home() else watched.approvals()


def words() -> Mapping[str, object]:
    """All of it, for templates."""
    return {
        "values": values_text,
        "can_words": can_words,
        "command_words": command_words,
        "rule_words": rule_words,
        "step_words": step_words,
        "outcome_class": lambda outcome: CLASSES[CommandOutcome(outcome)] if outcome else "look",
        "quick": quick,
    }


def values_text(values: Mapping[str, Value]) -> str:
    """Values as a person says them: `on, brightness 40 %`."""
    said = [_value(printable(name, LONGEST), value) for name, value in sorted(values.items(), key=lambda each: each[0] != "on")]
    return ", ".join(filter(None, said))


def _value(name: str, value: Value) -> str:
    word = name.replace("_", " ")
    if isinstance(value, bool):
        return ("on" if value else "off") if name == "on" else word if value else f"not {word}"
    if isinstance(value, str):
        return f"{word} {printable(value, LONGEST)}" if value else ""
    return " ".join(filter(None, (word, f"{value:g}", UNITS.get(name, ""))))


def quick(state: DeviceState) -> Sequence[tuple[str, str]]:
    """Words of buttons, and what each sets; none for what can hurt, or does not answer."""
    if not state.name or state.lost or not state.traits or PHYSICAL & set(state.traits):
        return ()
    found = next((name for name in QUICK if name in state.values), "")
    return [(word, f"{found}={value}") for word, value in QUICK[found]] if found else ()
