"""Runs the kernel on the words and queries of inputs.json and writes its answers to answers.json. Frozen.

The CPU time of this process is the metric. It is taken from outside, so nothing in here needs a clock.
"""

import json

from kernel import nearest

with open("inputs.json", encoding="ascii") as file:
    inputs = json.load(file)
answers = nearest(inputs["words"], inputs["queries"])
with open("answers.json", "w", encoding="ascii") as file:
    json.dump(answers, file)
