"""Placeholders in the commands of a program: `{seed}`, in `prepare` also `{split}`; what looks like another is a slip.

Braces for a shell or another language stay as they are: `${NAME}`, `{a,b}`, `HEAD^{tree}`, and anything in quotes except a
misspelt `{seed}`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

SEED, SPLIT = "seed", "split"
_NEAR = 0.7  # similarity to `seed` from which on it is suggested: sed, seeds, Seed
_TYPOS = frozenset({"seed", "sed", "sead", "sedd", "sede", "esed", "seeed"})  # not names that a script in quotes would use
_PLACE = re.compile(r"(?<![@^\\])(\$?)\{([A-Za-z_]\w{0,63})\}")
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What is wrong with a command, and its fix."""

    message: str
    fix: str


def slips(command: str, *, splits: bool = False) -> Iterator[Slip]:
    """What looks like a placeholder in a command but is not one; with `splits` the command may name `{split}`."""
    quoted = [hit.span() for hit in _QUOTED.finditer(command)]
    for hit in _PLACE.finditer(command):
        dollar, name = hit[1], hit[2]
        inside = any(start <= hit.start() < end for start, end in quoted)
        if dollar:
            if name == SEED:
                fix = "write `{seed}`, or `$OVERNIGHT_SEED` for the shell's variable"
                yield Slip(message="`${seed}` would become a dollar sign and a number", fix=fix)
            elif name == SPLIT and splits:
                yield Slip(message="`${split}` would become a dollar sign and a word", fix="write `{split}`")
        elif name == SPLIT:
            if not splits and not inside:
                fix = "remove it: a candidate must not know the split, and `holdout` and `audit` are commands of their own"
                yield Slip(message="`{split}` is allowed only in `prepare`", fix=fix)
        elif name != SEED and (not inside or name.lower() in _TYPOS):
            import difflib

            near = difflib.get_close_matches(name.lower(), [SEED, SPLIT] if splits else [SEED], n=1, cutoff=_NEAR)
            known = "`{seed}` and `{split}` are the only ones" if splits else "`{seed}` is the only one"
            fix = f"did you mean `{{{near[0]}}}`?" if near else f"{known}; quote braces that are for the shell"
            yield Slip(message=f"unknown placeholder `{{{name}}}`", fix=fix)
