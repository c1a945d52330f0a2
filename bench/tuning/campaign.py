"""A campaign of the real tuner under the real gate in virtual time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import anyio

from overnight.gate.trial import Arm, Stage, Trial
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.experiment import Draft, Experiment
from overnight.research.history import same_as_head
from overnight.research.researchers.port import Assignment, NoIdeas, Researcher, SearchEnded
from overnight.research.researchers.tuner.tuner import Tuner
from tuning.laboratory import Laboratory, Spent
from tuning.objective import PATH, Objective
from tuning.outcome import Claim, Judged, Outcome

ROLE = "tuner"
PROOF = (Stage.SCREEN, Stage.CONFIRM, Stage.HOLDOUT)


def run_campaign(objective: Objective, trials: int, secret: str) -> Outcome:
    """Run a campaign of the tuner until its trials are used up, or it has no ideas."""
    return run_in(Laboratory(objective=objective, trials=trials, secret=secret, head=objective.start))


def run_in(laboratory: Laboratory, researcher: Researcher | None = None) -> Outcome:
    """The same in a laboratory; also of another researcher."""
    objective = laboratory.objective
    campaign = _Campaign(objective=objective, laboratory=laboratory, researcher=researcher or Tuner())
    end = "the trials are used up"
    try:
        anyio.run(campaign.run)
    except Spent:
        pass
    except NoIdeas as over:
        end = str(over)
    return Outcome(
        regret=objective.regret(laboratory.head),
        baseline=laboratory.used[Stage.BASELINE],
        search=laboratory.used[Stage.SEARCH],
        proof=sum(laboratory.used[stage] for stage in PROOF),
        claims=tuple(campaign.claims),
        judged=tuple(campaign.judged),
        end=end,
        tuner_cpu_s=campaign.cpu_s,
    )


@dataclass(slots=True, kw_only=True)
class _Campaign:
    objective: Objective
    laboratory: Laboratory
    researcher: Researcher
    claims: list[Claim] = field(default_factory=list)
    judged: list[Judged] = field(default_factory=list)
    cpu_s: float = 0.0  # of the researcher, without its trials

    async def run(self) -> None:
        """Propose, judge and learn in turn; ends by an exception."""
        number = 0
        with TemporaryDirectory() as folder:
            self.laboratory.baseline()
            while True:
                _show(self.laboratory.head, folder)
                draft = await self._propose(number + 1, Path(folder))
                if draft is None:
                    continue
                number += 1
                self.researcher.learn(self._judge(number, _shown(folder), draft))
                self.laboratory.baseline()

    async def _propose(self, number: int, folder: Path) -> Draft | None:
        program, head = self.objective.program, _commit(self.laboratory.head_number)
        search = self.laboratory.search(head, ROLE)
        assignment = Assignment(number=number, role=ROLE, program=program, workspace=folder, brief="", head=head, search=search)
        began = time.process_time() - self.laboratory.cpu_s
        try:
            return await self.researcher.propose(assignment)
        except SearchEnded:
            if self.laboratory.left < 1:
                raise Spent from None
            return None
        finally:
            self.cpu_s += time.process_time() - self.laboratory.cpu_s - began

    def _judge(self, number: int, source: str, draft: Draft) -> Experiment:
        laboratory, searched = self.laboratory, draft.searched
        base, anchors = _commit(laboratory.head_number), laboratory.memory.anchors
        found, trials = laboratory.judge(number, source, screened=searched > 0)
        if found.verdict is Verdict.KEEP:
            self._keep(number, source, found, searched)
        self.judged.append(
            Judged(
                used=laboratory.used.total(),
                hypothesis=draft.hypothesis,
                verdict=found.verdict,
                reason=found.reason,
                regret=self.objective.regret(laboratory.head),
            )
        )
        return _experiment(number, base, draft, found, trials, same=same_as_head(trials, anchors))

    def _keep(self, number: int, source: str, found: Conclusion, searched: int) -> None:
        objective, laboratory = self.objective, self.laboratory
        truth = objective.metric.gain(objective.at(laboratory.head), objective.at(source))
        if found.low is not None and found.high is not None and found.gain is not None:
            low, high, gain, truth = (value / objective.gap for value in (found.low, found.high, found.gain, truth))
            self.claims.append(Claim(low=low, high=high, gain=gain, truth=truth, searched=searched))
        laboratory.head, laboratory.head_number = source, number


def _experiment(number: int, base: str, draft: Draft, found: Conclusion, trials: Sequence[Trial], *, same: bool) -> Experiment:
    """An ended experiment, as researchers learn it."""
    own = [trial for trial in trials if trial.key.arm is Arm.CANDIDATE]
    values = [trial.value for trial in own if trial.value is not None]
    return Experiment(
        number=number,
        role=ROLE,
        researcher=ROLE,
        hypothesis=draft.hypothesis,
        base=base,
        commit=_commit(number),
        tree=f"t{number}",
        notes=draft.notes,
        value=fmean(values) if values else None,
        trials=len(own),
        conclusion=found,
        same_as_head=same,
        searched=draft.searched,
        unscreened=draft.searched > 0,
    )


def _commit(number: int) -> str:
    return f"c{number}"


def _show(source: str, folder: str) -> None:
    Path(folder, PATH).write_text(source)


def _shown(folder: str) -> str:
    return Path(folder, PATH).read_text()
