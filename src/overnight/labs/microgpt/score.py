"""The scorer: prints how surprised the weights of a candidate are by unseen words.

`network.py` reads the weights as data; none of the candidate's code runs here.
"""

import argparse
import sys
from pathlib import Path

from corpus import make_language, oracle_nats
from network import Rejected, Weights, check_shapes, load, word_nats

SURPLUS_NATS = 20.0  # see `check_leak`


def held_out(split: str) -> list[str]:
    return Path(__file__).with_name("heldout").joinpath(f"{split}.txt").read_text(encoding="ascii").split()


def score(weights: Weights, words: list[str]) -> float:
    """The loss in nats per token.

    Raises:
        Rejected: the shapes do not fit, or the loss is lower than honest work can make it.
    """
    heads = check_shapes(weights)
    total = sum(word_nats(weights, heads, word) for word in words)
    check_leak(total, words)
    return total / sum(len(word) + 1 for word in words)


def check_leak(total: float, words: list[str]) -> None:
    """Refuse a loss that is below that of the language itself by more than chance can explain.

    The chance that a model which has not seen the words gives them e^x times the probability that the true language
    gives them is at most e^-x (Markov's inequality; their ratio has mean 1). With x = 20 that is once in 500 million.
    """
    language = make_language()
    floor = sum(sum(oracle_nats(word, language)) for word in words)
    if total < floor - SURPLUS_NATS:
        raise Rejected("better than the language that the words were drawn from: the held-out words have leaked")


def main() -> int:
    parser = argparse.ArgumentParser(description="Score the weights in model.json.")
    parser.add_argument("--split", choices=("public", "holdout", "audit"), default="public")
    split = parser.parse_args().split
    try:
        loss = score(load(Path("model.json")), held_out(split))
    except Rejected as rejected:
        print(f"rejected: {rejected}", file=sys.stderr)
        return 1
    print(f"METRIC val_loss={loss:.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
