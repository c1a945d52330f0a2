"""Real campaigns in the real loop whose researchers change nothing that matters: `python bench/gate/real.py`.

Prints a Markdown table, including what a rule with one run per change would have claimed. Exits with 1 if anything was
kept or failed to run.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.gate.verdict import Verdict
from overnight.program.parser import parse_program
from overnight.research.record.ledger import SqliteLedger
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story

TARGETS = Path(__file__).parent / "targets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A campaign: which target, what its researcher does, and for how long."""

    name: str
    target: str
    measure: str
    researcher: str
    experiments: int


CASES = (
    Case(name="no-ops on a noisy lab", target="lab.py", measure="{seed}", researcher="noop.py", experiments=200),
    Case(name="no-ops on a noisy minimiser, unseeded", target="minimise.py", measure="", researcher="noop.py", experiments=100),
    Case(
        name="only the seed changes, by its name", target="fixed_seed.py", measure="", researcher="reseed.py", experiments=100
    ),
    Case(name="only the seed changes, in disguise", target="lab.py", measure="{seed}", researcher="reseed.py", experiments=100),
    Case(name="a lucky seed is fixed, in disguise", target="lab.py", measure="{seed}", researcher="pin.py", experiments=100),
)


def main() -> int:
    """Run the campaigns; 0 if nothing was kept and nothing crashed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, help="of each campaign; by default 100 or 200")
    parser.add_argument("--case", action="append", help="only campaigns whose name contains this")
    parser.add_argument("--sandbox", choices=("jail", "process"), default="process")
    parser.add_argument("--command", default="-m overnight", help="what Python runs as the command line")
    asked = parser.parse_args()
    print("| Campaign | Experiments | Rejected unmeasured | Trials | Put to the test | One run each would claim | Kept |")
    print("|---|---|---|---|---|---|---|")
    spoiled = 0
    for case in CASES:
        if not asked.case or any(part in case.name for part in asked.case):
            story = campaign(case, asked.experiments or case.experiments, asked.sandbox, asked.command.split())
            print(row(case, story), flush=True)
            spoiled += story.funnel.kept + story.funnel.verdicts.get(Verdict.CRASH, 0)
    return 1 if spoiled else 0


def campaign(case: Case, experiments: int, sandbox: str, overnight: Sequence[str]) -> Story:
    """Run one campaign from the command line, in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="overnight-gate-") as name:
        repo = Path(name)
        text = program(case, experiments)
        (repo / "program.md").write_text(text)
        (repo / "train.py").write_bytes((TARGETS / case.target).read_bytes())
        (repo / "researcher.py").write_bytes((TARGETS / case.researcher).read_bytes())
        git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
        for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
            subprocess.run([*git, *command], cwd=repo, check=True)
        run = [sys.executable, *overnight, "run", "--tag", "t", "--plain", "--no-report", "--sandbox", sandbox]
        done = subprocess.run(run, cwd=repo, check=False, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{case.name}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        ledger = SqliteLedger.for_reading(repo / ".overnight/t")
        try:
            return tell_story(ledger.events(), parse_program(text, "program.md"))
        finally:
            ledger.close()


def program(case: Case, experiments: int) -> str:
    """The program of a case; a campaign whose proposals are all rejected ends by itself."""
    return f"""---
metric: {{name: loss, direction: minimize}}
measure: python train.py {case.measure}
editable: [train.py]
limits: {{wall: 30s, memory: 500MB}}
budget: {{experiments: {experiments}}}
researchers:
  - {{role: idler, use: command, command: python researcher.py, patience: 1s}}
---
# Nothing here makes the loss smaller
"""


def row(case: Case, story: Story) -> str:
    """One line of the table."""
    funnel = story.funnel
    rejected = funnel.verdicts.get(Verdict.REJECT, 0)
    claims = max(0, story.claims_seen - 1)
    best = f"{claims}, {story.heads[0].band.mid:.4g} to {story.claims[-1].value:.4g}" if claims and story.heads[0].band else "0"
    cells = (case.name, funnel.proposed, rejected, story.costs.trials, funnel.registered, best, funnel.kept)
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


if __name__ == "__main__":
    sys.exit(main())
