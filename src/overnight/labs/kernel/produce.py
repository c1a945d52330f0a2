"""Runs the kernel on the inputs of a seed and leaves its answers in answers.json. Frozen.

The CPU time of this process is the metric. It is taken from outside, so nothing in here needs a clock.
"""

import argparse
import json

from inputs import make_inputs
from kernel import nearest

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
answers = nearest(*make_inputs(parser.parse_args().seed))
with open("answers.json", "w", encoding="ascii") as file:
    json.dump(answers, file)
