"""The brief after 10,000 experiments: what it costs to gather and write, how long it is, and the memory of what it needs."""

import argparse
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from builders import PROGRAM, baseline, opened, proposed, trial

from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.port import FileChange
from overnight.research.briefs.brief import write_brief
from overnight.research.briefs.director import write_director_brief
from overnight.research.briefs.layout import estimate_tokens
from overnight.research.briefs.task import BriefTask
from overnight.research.changes.edit import edit_of
from overnight.research.changes.similar import MEANING, MOST_WORDS, TERM, terms_of
from overnight.research.charter import parse_charter
from overnight.research.events import Concluded, Event, TrialFinished
from overnight.research.ideas.queue import choose_idea
from overnight.research.loop.journal import RECENT
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import State, begin, fold

REPEATS = 50
BATCH = 1000  # experiments per transaction
SIMILAR = 5  # past attempts that a brief lists
SUBJECTS = (
    "the embeddings",
    "the output layer",
    "the learning rate",
    "the warm-up",
    "the batch",
    "the optimizer",
    "the schedule",
)
VERBS = ("normalise", "scale", "drop", "average", "clip", "share", "reorder", "cache", "widen", "regularise")
BODY = PROGRAM + "A sentence of the program, one of many that say what the rules are.\n" * 60 + "## Ideas\n"
BODY += "".join(f"- [ ] {verb} {subject} by layer\n" for verb in VERBS for subject in SUBJECTS)


def generate(ledger: SqliteLedger, experiments: int) -> State:
    """A campaign whose experiments are half agents' ideas and half the tuner's constants, none of them kept."""
    rng = random.Random(0)
    first: list[Event] = [opened(BODY), *(of_head(n, 5.0 + rng.gauss(0, 0.1)) for n in range(10))]
    ledger.append(*first)
    state = fold(begin(opened(BODY)), first[1:])
    for low in range(1, experiments + 1, BATCH):
        batch = [event for n in range(low, min(low + BATCH, experiments + 1)) for event in experiment(n, rng)]
        ledger.append(*batch)
        state = fold(state, batch)
    return state


def of_head(index: int, value: float) -> TrialFinished:
    """A trial of the head with all that it may leave for a brief."""
    event = baseline(index, value)
    curve = ((0.1, 9.0), (0.3, 7.5), (0.6, 6.0), (1.0, value))
    return replace(event, trial=replace(event.trial, curve=curve, tail=("step 1000 of 1000",) * 4))


def experiment(number: int, rng: random.Random) -> list[Event]:
    """A proposal with its hypothesis, a trial and its verdict."""
    said = f"{rng.choice(VERBS)} {rng.choice(SUBJECTS)} by layer {rng.randrange(99)}, because it varies too much over training"
    if number % 2:
        said = f"Raise CONSTANT_{rng.randrange(20)} from 0.1 to {rng.random():.3g} (a local step)"
    shape = f"{number:0{MEANING}x}" + "".join(f"{rng.randrange(500):0{TERM}x}" for _ in range(MOST_WORDS))
    verdict = rng.choice((Verdict.DISCARD, Verdict.DISCARD, Verdict.CRASH))
    gain = rng.gauss(-0.1, 0.2) if verdict is Verdict.DISCARD else None
    conclusion = Conclusion(verdict=verdict, reason=f"exit code 1: line {number} of the log", gain=gain)
    was, now = f"    x = layer({number % 50}, scale={number % 7})", f"    x = layer({number}, scale=norm(x) / {number % 9 + 1})"
    change = FileChange(path="train.py", content=f"a\nb\n{now}\nc\n".encode())
    edit = edit_of([change], {"train.py": f"a\nb\n{was}\nc\n".encode()})
    event = replace(proposed(number), hypothesis=said, shape=shape, edit=edit)
    return [event, trial(number), Concluded(number=number, conclusion=conclusion, elapsed_s=float(number))]


def cost(work: Callable[[], object]) -> str:
    """Median and largest milliseconds of CPU."""
    took = []
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        took.append(1000 * (time.process_time() - before))
    return f"{statistics.median(took):5.2f} ms CPU, at most {max(took):.2f}"


def measure(ledger: SqliteLedger, state: State) -> None:
    """Print the cost of each part of one brief; the newest experiments are in memory while a session runs."""
    charter = parse_charter(state.program.body)
    idea = choose_idea(state.ideas, charter.bold)
    assert idea is not None
    terms = terms_of(idea.text)
    similar = ledger.similar(terms, SIMILAR)
    recent = ledger.experiments(limit=RECENT).experiments[::-1]
    task = BriefTask(state=state, charter=charter, role="explorer", recent=recent, idea=idea, similar=similar)
    print(f"  the program's Markdown    {cost(lambda: parse_charter(state.program.body))}")
    print(f"  the next idea             {cost(lambda: choose_idea(state.ideas, charter.bold))}")
    print(f"  similar attempts          {cost(lambda: ledger.similar(terms, SIMILAR))}; {len(similar)} found")
    print(f"  the same change           {cost(lambda: ledger.same('0' * MEANING))}")
    print(f"  the brief                 {cost(lambda: write_brief(task))}; {estimate_tokens(write_brief(task))} tokens")
    tracemalloc.start()
    kept = list(ledger.experiments(limit=RECENT).experiments)
    print(f"  {len(kept)} experiments in memory  {tracemalloc.get_traced_memory()[0] / 1000:,.0f} kB")
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    write_brief(task)
    print(f"  while it is written       {(tracemalloc.get_traced_memory()[1] - before) / 1000:,.0f} kB at most")
    tracemalloc.stop()
    print(f"  the director's brief      {cost(lambda: write_director_brief(task))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=10_000)
    arguments = parser.parse_args()
    for experiments in (arguments.experiments // 50, arguments.experiments):
        with tempfile.TemporaryDirectory() as name:
            ledger = SqliteLedger(Path(name))
            state = generate(ledger, experiments)
            print(f"after {experiments} experiments")
            measure(ledger, state)
            ledger.close()
