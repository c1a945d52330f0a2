"""The bench of briefs and researchers, driven by a scripted model instead of a real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripted_models import Reply, ScriptedModels
from shares import Counts, count, wilson

BENCH = Path(__file__).parents[2] / "bench/briefs/compare_arms.py"
ANSWER = "policy.py\n<<<<<<< SEARCH\nBASE_PRICE = 25.0\n=======\nBASE_PRICE = 24.0\n>>>>>>> REPLACE\nHYPOTHESIS: cheaper"


def chat(text: str) -> Reply:
    """An answer of a model that costs 2,000 tokens."""
    usage = {"prompt_tokens": 1_900, "completion_tokens": 100, "total_tokens": 2_000}
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Reply(body=json.dumps({"choices": [choice], "usage": usage}).encode())


def compared(tmp_path: Path, url: str, *arguments: str) -> list[dict[str, Any]]:
    """The counts of the arms, as `--json` prints them."""
    command = [sys.executable, str(BENCH), "--url", url, "--lab", "pricing", "--json", *arguments]
    environment = os.environ | {"BRIEFS_FOLDER": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_campaigns_end_with_their_tokens_and_are_not_run_again(tmp_path: Path, models: ScriptedModels) -> None:
    """An arm whose model repeats itself has one new edit, and spends what it may; a second run asks nothing more."""
    models.replies["same"] = chat(ANSWER)
    arguments = ("--arm", "a=.:editor", "--tokens", "12k")
    [found] = compared(tmp_path, models.url("same"), *arguments)
    assert (found["arm"], found["lab"]) == ("a", "pricing")
    assert (found["edits"], found["in_scope"], found["new"], found["run"]) == (1, 1, 1, 1)
    assert found["asked"] >= 2 and 2_000 <= found["tokens"] <= 12_000
    asked = models.asked["same"]
    assert compared(tmp_path, models.url("same"), *arguments) == [found]
    assert models.asked["same"] == asked


def test_samples_of_one_brief_are_counted(tmp_path: Path, models: ScriptedModels) -> None:
    """Three answers, the same edit each: all are edits, one is new; the arm's history was tried before."""
    models.replies["same"] = chat(ANSWER)
    [found] = compared(tmp_path, models.url("same"), "--arm", "a=.:editor", "--samples", "3")
    assert (found["asked"], found["edits"], found["new"], found["run"], found["tokens"]) == (3, 3, 1, 1, 6_000)
    assert "BASE_PRICE = 15.0" in (tmp_path / "samples-a-pricing/lab/program.md").read_text()
    asked = models.asked["same"]
    compared(tmp_path, models.url("same"), "--arm", "a=.:editor", "--samples", "3")
    assert models.asked["same"] == asked


def test_what_is_counted() -> None:
    """Each share is a part of the one before; what the end of the budget cut off does not count."""
    events: list[dict[str, object]] = [
        {"kind": "model_called", "tokens": 100},
        *({"kind": "proposed", "number": number} for number in range(1, 6)),
        {"kind": "concluded", "number": 1, "verdict": "keep", "reason": "better", "gain": 1.0},
        {"kind": "concluded", "number": 2, "verdict": "discard", "reason": "worse", "gain": -1.0},
        {"kind": "concluded", "number": 3, "verdict": "crash", "reason": "exit code 1", "gain": None},
        {
            "kind": "concluded",
            "number": 4,
            "verdict": "reject",
            "reason": "the same change was tried in experiment 1",
            "gain": None,
        },
        {"kind": "concluded", "number": 5, "verdict": "reject", "reason": "`x.py` is not editable", "gain": None},
        {"kind": "proposal_missed", "reason": "it ended without a change"},
        {"kind": "proposal_missed", "reason": "#4 again, which was rejected: the same change was tried in experiment 1"},
        {"kind": "proposal_missed", "reason": "the budget of tokens is spent: 3 are left"},
    ]
    assert count(events) == Counts(asked=7, edits=6, in_scope=4, new=3, run=2, better=1, kept=1, tokens=100, calls=1)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 8, 0.0, 0.324), (6, 8, 0.409, 0.929), (20, 20, 0.839, 1.0), (0, 0, 0.0, 1.0)]
)
def test_intervals_are_wilson_s(part: int, whole: int, low: float, high: float) -> None:
    """The values of the formula, worked out apart."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.001)
