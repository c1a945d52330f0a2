"""A researcher that changes nothing that counts: a comment, the name of a variable, or the order of statements."""

import random
import re
from pathlib import Path

FILE = Path("train.py")
chance = random.SystemRandom()
mark = f"{chance.randrange(16**8):08x}"


def comment(lines: list[str]) -> list[str]:
    """A comment before some statement at the top level."""
    at = chance.choice([number for number, line in enumerate(lines) if re.match(r"[a-zA-Z]", line)])
    return [*lines[:at], f"# idea {mark}: this ought to help", *lines[at:]]


def rename(lines: list[str]) -> list[str]:
    """Another name for a variable."""
    name = chance.choice(sorted(set(re.findall(r"^\s*([A-Za-z]\w*) = ", "\n".join(lines), re.MULTILINE))))
    return [re.sub(rf"\b{name}\b(?!=)", f"{name}_{mark}", line) for line in lines]


def reorder(lines: list[str]) -> list[str]:
    """Two settings swapped, and a mark so that no two proposals are the same."""
    settings = [number for number, line in enumerate(lines) if re.match(r"[A-Z_]+ = ", line)]
    one, other = chance.sample(settings, 2)
    lines[one], lines[other] = lines[other], lines[one]
    lines[one] += f"  # moved {mark}"
    return lines


act = chance.choice((comment, rename, reorder))
FILE.write_text("\n".join(act(FILE.read_text().splitlines())) + "\n")
print(f"HYPOTHESIS: {act.__name__} {mark}")
