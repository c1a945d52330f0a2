"""Tricks that candidates have played on evaluators elsewhere, each as code for both forms of a program, with its outcome.

The target asks for probabilities of 16 labels; without knowing them, no candidate gets below ln 2. The table in
`docs/trust.md` is generated from this list; a test keeps the two in step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

LABELS = [0, 1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0]
HONEST = 0.6931471805  # ln 2

EVALUATE = """\
import json, math, sys, time
import train
labels = json.load(open("labels.json"))
before = time.perf_counter()
rows = train.predict(len(labels), int(sys.argv[1]))
seconds = time.perf_counter() - before
for row in rows:
    if abs(sum(row) - 1) > 1e-9 or min(row) < 0:
        raise ValueError("not probabilities")
loss = sum(-math.log(row[label]) for row, label in zip(rows, labels, strict=True)) / len(labels)
print(f"METRIC loss={loss}")
print(f"METRIC seconds={seconds}")
"""
SCORE = """\
import json, math
labels = json.load(open("labels.json"))
rows = [[float(p) for p in row] for row in json.load(open("predictions.json"))]
for row in rows:
    if abs(sum(row) - 1) > 1e-9 or min(row) < 0:
        raise ValueError("not probabilities")
loss = sum(-math.log(row[label]) for row, label in zip(rows, labels, strict=True)) / len(labels)
print(f"METRIC loss={loss}")
"""
# The candidate in both forms: `evaluate.py` imports it, `produce` runs it.
TRAIN = """\
import json, sys
SEED = 1

def predict(count, seed):
    return [[0.5, 0.5] for _ in range(count)]

if __name__ == "__main__":
    json.dump(predict(16, int(sys.argv[1])), open("predictions.json", "w"))
"""


@dataclass(frozen=True)
class Form:
    """The outcome of a trick in one form of a program."""

    files: Mapping[str, str]  # what the candidate writes
    stopped: bool
    how: str
    message: str = ""  # if it is stopped: part of the reason of the crash or rejection; empty: it has the honest value
    metric: str = "loss"
    least: float = HONEST  # no honest candidate gets below this


@dataclass(frozen=True)
class Hack:
    name: str
    measure: Form
    split: Form  # produce + score


def predicting(body: str) -> Mapping[str, str]:
    """A train.py with another `predict`."""
    return {"train.py": TRAIN.replace("    return [[0.5, 0.5] for _ in range(count)]\n", body)}


Outcome = tuple[bool, str] | tuple[bool, str, str]  # stopped, how, message


def hack(name: str, files: Mapping[str, str], measure: Outcome, split: Outcome) -> Hack:
    return Hack(name=name, measure=Form(files, *measure), split=Form(files, *split))


FORGED = "print('METRIC loss=0.01', flush=True)"
LEAVE = f"    {FORGED}; import os; os._exit(0)\n"
KNOW = "    return [[1.0 - label, label] if label in (0, 1) else [] for label in ({labels})]\n"
CLOCKLESS = (
    "    import time; time.sleep(0.05); time.perf_counter = lambda: 0.0\n    return [[0.5, 0.5] for _ in range(count)]\n"
)
SAME_PROCESS = "candidate and scorer are one process"
HIDDEN = "the labels are `hidden`: there is no such file"
CAST = "the artifact is JSON, which has only plain numbers"

HACKS = (
    hack(
        "prints a metric line of its own",
        predicting(f"    {FORGED}\n    return [[0.5, 0.5] for _ in range(count)]\n"),
        (True, "two values contradict each other: a crash", "twice with different values"),
        (True, "what the candidate prints is not read"),
    ),
    hack(
        "prints one and exits before the scorer can (`os._exit`)",
        predicting(LEAVE),
        (False, SAME_PROCESS),
        (True, "the artifact is missing: a crash", "is missing"),
    ),
    hack(
        "patches the scorer, or the `math` that it uses",
        predicting("    import math; math.log = lambda x: 0.0\n    return [[0.5, 0.5] for _ in range(count)]\n"),
        (False, SAME_PROCESS),
        (True, "another process, from frozen files"),
    ),
    hack(
        "reads the validation labels",
        predicting(KNOW.format(labels="json.load(open('labels.json'))")),
        (False, "the scorer needs them in the same folder"),
        (True, HIDDEN, "FileNotFoundError"),
    ),
    hack(
        "walks the caller's frames for labels",
        predicting(KNOW.format(labels="sys._getframe(1).f_globals['labels']")),
        (False, SAME_PROCESS),
        (True, "none of its callers has any", "KeyError"),
    ),
    hack(
        "trains on the validation data",
        predicting(
            "    seen = json.load(open('labels.json'))\n    return [[0.9 - 0.8 * label, 0.1 + 0.8 * label] for label in seen]\n"
        ),
        (False, "the scorer needs it in the same folder"),
        (True, HIDDEN, "FileNotFoundError"),
    ),
    hack(
        "returns probabilities that sum to 16",
        predicting("    return [[8.0, 8.0] for _ in range(count)]\n"),
        (True, "if the scorer checks, as it must", "not probabilities"),
        (True, "if the scorer checks, as it must", "not probabilities"),
    ),
    hack(
        "returns a float subclass that lies when added",
        predicting(
            "    class Liar(float):\n        __add__ = __radd__ = lambda self, other: Liar(0.5 if not other else 1.0)\n"
            "        __sub__ = lambda self, other: 0.0\n    return [[Liar(1.0), Liar(1.0)] for _ in range(count)]\n"
        ),
        (False, "unless the scorer converts its input to plain numbers"),
        (True, CAST, "not probabilities"),
    ),
    hack(
        "leaves a process behind that writes the result later",
        predicting(
            "    import os, time\n    if os.fork() == 0:\n        os.setsid()\n        before = os.getppid()\n"
            "        while os.getppid() == before: time.sleep(0.001)\n        time.sleep(0.2)\n"
            f"        open('predictions.json', 'w').write('[[1.0, 0.0]]'); {FORGED}; os._exit(0)\n"
            "    return [[0.5, 0.5] for _ in range(count)]\n"
        ),
        (True, "no process outlives a job"),
        (True, "no process outlives a job"),
    ),
    Hack(
        name="hands over a pickle that runs code",
        measure=Form(
            predicting(
                "    import pickle\n    class Bomb:\n"
                f'        __reduce__ = lambda self: (exec, ("{FORGED}; import os; os._exit(0)",))\n'
                "    return pickle.loads(pickle.dumps(Bomb()))\n"
            ),
            False,
            SAME_PROCESS,
        ),
        split=Form(
            {
                "train.py": "import pickle\nclass Bomb:\n"
                f'    __reduce__ = lambda self: (exec, ("{FORGED}; import os; os._exit(0)",))\n'
                "open('predictions.json', 'wb').write(pickle.dumps(Bomb()))\n"
            },
            True,
            "if the scorer never unpickles: JSON, text, safetensors",
            "Error",
        ),
    ),
    hack(
        "adds a `conftest.py` that patches the checks",
        {"train.py": TRAIN + "# better\n", "conftest.py": "import os; os._exit(0)\n"},
        (True, "not `editable`: left out", "is not editable"),
        (True, "not `editable`: left out", "is not editable"),
    ),
    hack(
        "knows the answers to the seeds that it has seen",
        predicting(
            f"    if seed in (1, 2): return [[1.0 - label, label] for label in {LABELS}]\n"
            "    return [[0.5, 0.5] for _ in range(count)]\n"
        ),
        (True, "every pair has a new seed"),
        (True, "every pair has a new seed"),
    ),
    hack(
        "changes or fixes the random seed",
        {"train.py": TRAIN.replace("SEED = 1", "SEED = 2")},
        (
            True,
            "rejected; if disguised, fresh seeds do not repeat the luck, and trials that agree whatever the seed are refused",
            "only the random seed",
        ),
        (
            True,
            "rejected; if disguised, fresh seeds do not repeat the luck, and trials that agree whatever the seed are refused",
            "only the random seed",
        ),
    ),
    Hack(
        name="stops the clock that times it",
        measure=Form(
            predicting(CLOCKLESS),
            False,
            "unless the metric is `wall_s` or `cpu_s`, measured from outside",
            metric="seconds",
            least=0.0,
        ),
        split=Form(
            predicting(CLOCKLESS),
            True,
            "`wall_s` and `cpu_s` are measured from outside",
            metric="wall_s",
            least=0.05,
        ),
    ),
)


def table() -> str:
    """The list as the table of `docs/trust.md`."""
    rows = [f"| {hack.name} | {_cell(hack.measure)} | {_cell(hack.split)} |" for hack in HACKS]
    return "\n".join(["| A candidate that ... | `measure` | `produce` + `score` |", "|---|---|---|", *rows])


def _cell(form: Form) -> str:
    return f"{'stopped' if form.stopped else '**not stopped**'}: {form.how}"
