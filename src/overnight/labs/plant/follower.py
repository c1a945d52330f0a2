"""A researcher without a model, for `use: command`: it works out the idea of its brief, which is on standard input.

    python -S -E follower.py            # an idea such as `double learning_rate and halve clip`; without one, a step of its own
    python -S -E follower.py --blind    # never reads an idea: one constant, up or down

Its own steps are decided by the brief alone. A line `factor 3` in the text of its role sets how far they go.
"""

import sys

FACTORS = {"double": 2.0, "triple": 3.0, "quadruple": 4.0, "raise": 1.5, "halve": 1 / 2, "third": 1 / 3, "quarter": 1 / 4,
           "lower": 1 / 1.5}  # fmt: skip
RECIPE = "recipe.py"
STEP = 1.5
MASK = (1 << 64) - 1


def main() -> None:
    """Make one edit."""
    brief = sys.stdin.read()
    with open(RECIPE) as file:
        lines = file.read().splitlines()
    names = [line.split(" = ")[0] for line in lines if " = " in line]
    idea = "" if "--blind" in sys.argv else section(brief, "The idea to work on")
    changes = worked_out(idea, names) or own_step(brief, names)
    for at, line in enumerate(lines):
        name, equals, value = line.partition(" = ")
        if equals and name in changes:
            lines[at] = f"{name} = {float(value) * changes[name]:.4g}"
    with open(RECIPE, "w") as file:
        file.write("\n".join(lines) + "\n")
    print("HYPOTHESIS: multiply", ", ".join(f"{name} by {factor:.3g}" for name, factor in changes.items()))


def section(brief: str, title: str) -> str:
    """What stands below a heading of the brief."""
    return brief.partition(f"## {title}\n")[2].partition("\n## ")[0]


def worked_out(idea: str, names: list[str]) -> dict[str, float]:
    """The factor of each constant that the idea names behind a verb."""
    changes, factor = {}, 0.0
    for word in idea.lower().split():
        word = word.strip("`'\".,;:!?()\u201c\u201d")
        factor = FACTORS.get(word, factor)
        if factor and word.upper() in names:
            changes[word.upper()] = factor
    return changes


def own_step(brief: str, names: list[str]) -> dict[str, float]:
    """One constant, up or down."""
    words = section(brief, "Your role").split()
    steps = [float(after.strip(".,")) for word, after in zip(words, words[1:], strict=False) if word == "factor" and is_number(after)]
    state = 14695981039346656037
    for byte in brief.encode():
        state = (state ^ byte) * 1099511628211 & MASK
    state ^= state >> 29
    return {names[state % len(names)]: (steps or [STEP])[0] ** (1 if state >> 40 & 1 else -1)}


def is_number(text: str) -> bool:
    """Whether it is a plain positive number."""
    return text.strip(".,").replace(".", "", 1).isdigit()


if __name__ == "__main__":
    main()
