"""Writes the words and queries of a trial to inputs.json before the kernel runs. Frozen; its time is not the kernel's.

Those of the holdout and of audits are of other kinds, which only the hidden folder knows.
"""

import argparse
import json
import sys

from inputs import make_inputs

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--split", choices=("public", "holdout", "audit"), default="public")
arguments = parser.parse_args()
if arguments.split == "public":
    words, queries = make_inputs(arguments.seed)
else:
    sys.path.append("hidden")
    from sealed import make_sealed

    words, queries = make_sealed(arguments.seed, arguments.split)
with open("inputs.json", "w", encoding="ascii") as file:
    json.dump({"words": words, "queries": queries}, file)
