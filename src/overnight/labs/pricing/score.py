"""Simulates a day with the prices in quotes.json, and prints its revenue. Frozen.

What happens on the day is drawn from the trial's seed mixed with a secret that only this side has.
"""

import argparse
import json
import sys
from pathlib import Path

from visitors import VISITORS, make_visitors

CHEAPEST, DEAREST = 1, 1000  # euros


class NoQuotes(Exception):
    """What is wrong with a file of prices."""


def read_quotes(text: str) -> list[float]:
    """One plain price for each visitor.

    Raises:
        NoQuotes: it is anything else.
    """
    try:
        quotes = json.loads(text)
    except (ValueError, RecursionError):
        raise NoQuotes("the file is not JSON") from None
    if type(quotes) is not list or len(quotes) != VISITORS:
        raise NoQuotes(f"there must be {VISITORS} prices, one for each visitor")
    for index, quote in enumerate(quotes):
        if type(quote) not in (int, float) or not CHEAPEST <= quote <= DEAREST:  # NaN is not between
            raise NoQuotes(f"the price for visitor {index} is not a number from {CHEAPEST} to {DEAREST}")
    return quotes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True, help="of the trial")
    parser.add_argument("--split", choices=("public", "holdout", "audit"), default="public", help="which day of the same visitors")
    parser.add_argument("--truth", action="store_true", help="print what the prices bring on average, and no metric")
    arguments = parser.parse_args()
    sys.path.append("hidden")
    from market import expected, visit

    try:
        quotes = read_quotes(Path("quotes.json").read_text(encoding="ascii"))
    except (NoQuotes, UnicodeDecodeError) as error:
        sys.exit(f"no quotes: {error}")
    visitors = make_visitors(arguments.seed)
    if arguments.truth:
        print(f"expected revenue: {expected(visitors, quotes):.2f}")
        return
    secret = Path("hidden", f"{arguments.split}.seed").read_text(encoding="ascii").strip()
    revenue, conversion = visit(visitors, quotes, f"{secret} {arguments.seed}")
    print(f"METRIC revenue={revenue:.6f}")
    print(f"conversion: {conversion:.6f}")


if __name__ == "__main__":
    main()
