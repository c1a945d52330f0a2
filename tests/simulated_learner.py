"""A learner with wrong beliefs, who has nothing but the commands: `overnight learn ... --json` in their folder."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from targets import TRAIN, make_repo, overnight, program

from overnight.tutor.form.curriculum import Curriculum, Step

MOST_MOVES = 40  # of a step; a course that never ends fails


def campaign_of_ones_own(lab: Path) -> Mapping[str, float]:
    """A small campaign on val_loss that keeps one change and rejects another; its numbers, as the learner reads them."""
    edits = (("OFFSET = 5.0", "OFFSET = 4.0"), ("OFFSET = 4.0", "OFFSET = 9.0"))
    text = program(*edits).replace("name: loss", "name: val_loss")
    train = TRAIN.replace("METRIC loss", "METRIC val_loss").replace("NOISE", "0.0")
    make_repo(lab, text, files={"train.py": train})
    overnight(lab, "run", "--tag", "own", "--experiments", "2", check=0)
    found = json.loads(overnight(lab, "status", "--json", check=0).stdout)
    return {"EXPERIMENTS": found["experiments"], "KEPT": found["kept"], "HEAD": found["head_value"]}


@dataclass
class SimulatedLearner:
    """Does what `learn next` asks; hands in their wrong programs in turn, and the right one when none is left."""

    folder: Path
    curriculum: Curriculum
    wrong: int  # beliefs that they hold at each step, at most
    facts: Mapping[str, float] = field(default_factory=dict)  # constants of the programs about a campaign
    tried: list[str] = field(default_factory=list)  # wrong programs, with their step
    refused: list[str] = field(default_factory=list)  # those that failed

    def learn(self, *words: str, fails: bool = False) -> Any:  # Any: answers of several commands
        """What a command answers."""
        done = overnight(self.folder, "learn", words[0], "--json", *words[1:], check=1 if fails else 0)
        return json.loads(done.stdout)

    def passed(self) -> Sequence[str]:
        """Ids of the steps that are passed, as the record says."""
        return [each["step"] for each in self.learn("status")["steps"] if each["passed_at"] is not None]

    def study(self) -> None:
        """From the first step to the end."""
        for step in self.curriculum.steps:
            self.step(step)
        assert self.learn("next")["phase"] == "done"

    def step(self, step: Step) -> None:
        """One step, which is at hand, until it is done."""
        before = self.passed()
        for _ in range(MOST_MOVES):
            task = self.learn("next")
            if task["step"] != step.id:
                break
            tried = len(self.tried)
            words = self.answer(step, task)
            match task["phase"]:
                case "predict":
                    assert not self.learn("predict", *words)["right"]
                case "example":
                    assert self.learn("fill", "--", *words)["right"]
                case "explain":
                    assert self.learn("explain", *words, "--covers", "1")["passed"]
                case _ if len(self.tried) > tried:
                    self._fail()
                    assert self.passed() == before, f"{self.tried[-1]} passes"
                    self.refused.append(self.tried[-1])
                case _:
                    assert self.learn("check")["passed"]
        assert self.passed() == [*before, step.id]

    def answer(self, step: Step, task: Any) -> Sequence[str]:  # Any: of `learn next`
        """What they say; where a program is asked for, their next wrong one, in the end the right one, is in their file."""
        match task["phase"]:
            case "predict":
                assert step.prediction.most is not None
                return [str(step.prediction.most + 1)]
            case "example":
                return next(each.answers for each in step.fades if each.code == task["gaps"])
            case "explain":
                return [step.title]
        beliefs = {f"{step.id}/{each.name}": each.source for each in step.misconceptions[: self.wrong]}
        belief = next((name for name in beliefs if name not in self.tried), "")
        self.tried += [belief] if belief else []
        Path(task["file"]).write_text(self._own(beliefs.get(belief, step.solution)), encoding="utf-8")
        return []

    def _fail(self) -> None:
        """Read why a wrong program fails, and ask for a hint if there is one."""
        found = self.learn("check", fails=True)
        assert not found["passed"]
        assert all(each["why"] for each in found["checks"] if not each["passed"])
        if found["may_hint"]:
            assert self.learn("hint")["hint"]

    def _own(self, source: str) -> str:
        """The program with the numbers of one's own campaign in place of the right ones of the example."""
        shown = {"EXPERIMENTS": "24", "KEPT": "3", "HEAD": "2.187"}
        for name, value in self.facts.items():
            source = re.sub(rf"^{name} = {re.escape(shown[name])}\b", f"{name} = {value}", source, flags=re.MULTILINE)
        return source
