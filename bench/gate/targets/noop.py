"""A researcher that changes nothing that matters: an unread constant, another name, or another order of statements.

It does not change comments, because a proposal that changes no code is refused before it costs a trial.
"""

import random
import re
from pathlib import Path

FILE = Path("train.py")
chance = random.SystemRandom()
mark = f"{chance.randrange(16**8):08x}"


def add(lines: list[str]) -> list[str]:
    """Add an unread constant before some setting."""
    at = chance.choice([number for number, line in enumerate(lines) if re.match(r"[A-Z_]+ = ", line)])
    return [*lines[:at], f"IDEA_{mark.upper()} = 1", *lines[at:]]


def rename(lines: list[str]) -> list[str]:
    """Rename a variable."""
    name = chance.choice(sorted(set(re.findall(r"^\s*([A-Za-z]\w*) = ", "\n".join(lines), re.MULTILINE))))
    return [re.sub(rf"\b{name}\b(?!=)", f"{name}_{mark}", line) for line in lines]


def reorder(lines: list[str]) -> list[str]:
    """Swap two settings, and rename a variable so that no two proposals are the same."""
    settings = [number for number, line in enumerate(lines) if re.match(r"[A-Z_]+ = ", line)]
    one, other = chance.sample(settings, 2)
    lines[one], lines[other] = lines[other], lines[one]
    return rename(lines)


act = chance.choice((add, rename, reorder))
FILE.write_text("\n".join(act(FILE.read_text().splitlines())) + "\n")
print(f"HYPOTHESIS: {act.__name__} {mark}")
