"""Makes one instance of the family: `python instance.py NUMBER` writes recipe.py and world.txt.

What instances share is which constants tend to be off, and in which direction. Where the optimum of each lies, how much it
matters, which of them depend on each other, and how noisy a run is differ from one to the next.
"""

import random
import sys
from pathlib import Path

# Of each constant: its usual value, and by how much it tends to be too low (+) or too high (-), as a factor's logarithm.
GROUPS = {
    "optimizer": {"LEARNING_RATE": (0.003, 1.4), "WEIGHT_DECAY": (0.2, -1.3), "MOMENTUM_SPAN": (10.0, 0.0),
                  "VARIANCE_SPAN": (200.0, 0.6), "CLIP": (2.0, -0.8), "EPSILON": (3e-7, 0.0)},
    "schedule": {"WARMUP": (60.0, -0.6), "COOLDOWN": (40.0, 1.4), "FLOOR": (0.02, 0.0), "RESTARTS": (1.5, 0.0)},
    "model": {"WIDTH_SCALE": (1.0, 0.0), "EMBED_SCALE": (0.1, 1.2), "HEAD_SCALE": (0.3, 0.0), "INIT_SCALE": (0.15, -1.0),
              "RESIDUAL_GAIN": (0.6, 0.7), "TEMPERATURE": (0.8, 0.0)},
    "data": {"NOISE_SCALE": (0.2, -1.2), "MIX": (0.4, 0.0), "SHUFFLE_SPAN": (300.0, 0.6), "SMOOTHING": (0.08, -0.8)},
    "loss": {"AUXILIARY": (0.05, 0.0), "MARGIN": (0.3, 0.0), "FOCUS": (0.9, 0.6), "ENTROPY": (0.015, 0.0)},
}  # fmt: skip
LOSS = 3.0  # about what can be gained from the start, of which the floor of the loss is left
FLOOR = (0.6, 1.2)
SPREAD = 0.55  # sd of an optimum around the family's tendency, as a factor's logarithm
COUPLED = 10  # pairs of constants that depend on each other


def main() -> None:
    """Write the instance."""
    made = random.Random(f"plant {int(sys.argv[1])}")
    lines, recipe = [], []
    for group, constants in GROUPS.items():
        recipe.append(f"# {group}\n")
        for name, (usual, tendency) in constants.items():
            start = float(f"{usual * made.uniform(0.8, 1.25):.3g}")
            recipe.append(f"{name} = {start}\n")
            best = start * 2.718281828 ** made.gauss(tendency, SPREAD)
            weight = made.choice([0.02, 0.1, 0.3, 1.0])
            lines.append(["constant", name, best, weight, start])
    names = [line[1] for line in lines]
    for _ in range(COUPLED):
        one, other = made.sample(names, 2)
        lines.append(["pair", one, other, made.choice([-0.6, 0.6]), made.choice([0.05, 0.15])])
    header = [["floor", made.uniform(*FLOOR)], ["gain", LOSS], ["noise", made.uniform(0.1, 0.18)], ["shift", 0.06]]
    Path("world.txt").write_text("".join(" ".join(map(str, line)) + "\n" for line in [*header, *lines]))
    Path("recipe.py").write_text("# The constants of a training run: score.awk reads them as data.\n\n" + "".join(recipe))


if __name__ == "__main__":
    main()
