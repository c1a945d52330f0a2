"""Describes a move in one sentence."""

import re
from collections.abc import Mapping

from overnight.research.changes.parts import SHARE
from overnight.research.researchers.tuner.findings import Constant, Value
from overnight.research.researchers.tuner.jump import Jump
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.target import Target
from overnight.words.foreign import printable
from overnight.words.quantities import listed

LONGEST = 300  # characters
MOST_IN_FULL = 3  # changes that are said with the values before
MOST_SETTINGS = 8
MOST_NEEDED = 3  # constants
NEEDED = 0.1  # of a gain that is lost without a constant


def describe(move: Move, constants: Mapping[str, Constant], *, several_files: bool) -> str:
    """A sentence such as "Raise LR from 0.003 to 0.0071 and lower DROPOUT from 0.2 to 0.1 (one bold step)"."""
    if move.removal:
        text = f"Drop `{move.removal.statement}` in {move.removal.function}()"
    elif len(move.values) > MOST_IN_FULL:
        settings = [
            f"{_name(constants[key], several_files=several_files)} to {_written(value)}" for key, value in move.values.items()
        ]
        text = f"set {listed(settings, MOST_SETTINGS)}"
    else:
        changes = [_change(constants[key], value, several_files=several_files) for key, value in move.values.items()]
        text = " and ".join([", ".join(changes[:-1]), changes[-1]]) if len(changes) > 1 else changes[0]
    sentence = f"{text} ({move.reason})"
    return printable(sentence[0].upper() + sentence[1:], LONGEST)


def found_by(jump: Jump, target: Target) -> str:
    """That a search found a jump, and which of its constants its gain needs most, by the model."""
    names = {d.key: d.constant.name for d in target.space}
    needed = [names[key] for key, share in jump.shares.items() if share >= NEEDED][:MOST_NEEDED]
    return f"found by search; it needs {', '.join(needed)} most" if len(jump.values) > len(needed) > 0 else "found by search"


def share_notes(jump: Jump, target: Target) -> Mapping[str, float]:
    """What a jump's constants are expected to bring, as notes that an audit of its parts reads: shares of the gain."""
    words = {d.key: re.findall(r"\w+", d.constant.name.rsplit(".", 1)[-1])[:1] for d in target.space}
    return {f"{SHARE}{word}": round(share, 3) for key, share in jump.shares.items() for word in words[key]}


def _name(constant: Constant, *, several_files: bool) -> str:
    return constant.key if several_files else constant.name


def _change(constant: Constant, value: Value, *, several_files: bool) -> str:
    name = _name(constant, several_files=several_files)
    if isinstance(value, bool):
        return f"switch {name} {'on' if value else 'off'}"
    if isinstance(value, str) or isinstance(constant.value, str):
        return f"set {name} to {value} instead of {constant.value}"
    verb = "raise" if value > constant.value else "lower"
    return f"{verb} {name} from {_number(constant.value)} to {_number(value)}"


def _written(value: Value) -> str:
    return str(value) if isinstance(value, bool | str) else _number(value)


def _number(value: int | float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.12g}"
