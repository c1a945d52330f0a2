"""A public measure: how surprised the weights in model.json are by the 200 names of `practice.txt`, which were never sealed.

`python practice.py` after training. What counts is the hidden scorer, over other names.
"""

import sys
from pathlib import Path

from network import Rejected, check_shapes, load, word_nats


def main() -> int:
    words = Path(__file__).with_name("practice.txt").read_text(encoding="ascii").split()
    try:
        weights = load(Path("model.json"))
        heads = check_shapes(weights)
    except Rejected as rejected:
        print(f"rejected: {rejected}", file=sys.stderr)
        return 1
    total = sum(word_nats(weights, heads, word) for word in words)
    print(f"METRIC val_loss={total / sum(len(word) + 1 for word in words):.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
