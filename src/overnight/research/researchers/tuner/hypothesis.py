"""Describes a move in one sentence."""

from collections.abc import Mapping

from overnight.research.researchers.tuner.findings import Constant, Value
from overnight.research.researchers.tuner.moves import Move
from overnight.words.foreign import printable

LONGEST = 300  # characters


def describe(move: Move, constants: Mapping[str, Constant], *, several_files: bool) -> str:
    """A sentence such as "Raise LR from 0.003 to 0.0071 and lower DROPOUT from 0.2 to 0.1 (a local step)"."""
    if move.removal:
        text = f"Drop `{move.removal.statement}` in {move.removal.function}()"
    else:
        changes = [_change(constants[key], value, several_files=several_files) for key, value in move.values.items()]
        text = " and ".join([", ".join(changes[:-1]), changes[-1]]) if len(changes) > 1 else changes[0]
    sentence = f"{text} ({move.reason})"
    return printable(sentence[0].upper() + sentence[1:], LONGEST)


def _change(constant: Constant, value: Value, *, several_files: bool) -> str:
    name = constant.key if several_files else constant.name
    if isinstance(value, bool):
        return f"switch {name} {'on' if value else 'off'}"
    if isinstance(value, str) or isinstance(constant.value, str):
        return f"set {name} to {value} instead of {constant.value}"
    verb = "raise" if value > constant.value else "lower"
    return f"{verb} {name} from {_number(constant.value)} to {_number(value)}"


def _number(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.12g}"
