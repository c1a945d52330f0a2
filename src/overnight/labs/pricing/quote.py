"""Asks the policy for a price for every visitor of a trial and writes them to quotes.json. Frozen."""

import argparse
import json

from policy import price
from visitors import make_visitors

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True, help="of the visitors")
quotes = [price(visitor) for visitor in make_visitors(parser.parse_args().seed)]
with open("quotes.json", "w", encoding="ascii") as file:
    json.dump(quotes, file)
