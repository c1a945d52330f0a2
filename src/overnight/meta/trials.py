"""A trial of a meta-campaign: one organisation, a whole inner campaign on each target, and one number."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.gate.early_stopping import StoppingBar
from overnight.gate.stats import mean
from overnight.gate.trial import Fault, Stage, Trial, TrialKey
from overnight.git.port import FileChange
from overnight.ledger.artifacts import ArtifactStore
from overnight.meta.charter import Charter, InnerBudget, Target
from overnight.meta.purse import Purse, Spent, spent_in
from overnight.meta.record import INNER
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.workers import Workers
from overnight.research.audit import times_of
from overnight.research.ending import Ending, EndReason
from overnight.research.kind import TrialsFor
from overnight.research.loop.command import SEALED, TrialFailed
from overnight.research.loop.port import TrialPostponed

FEWEST = 20  # trials of an inner campaign that screens: a baseline has up to 10
POSTPONES: Mapping[str, EndReason] = {  # and end the session
    Blame.MODELS: EndReason.MODELS,
    Blame.SETUP: EndReason.SETUP,
    Blame.BUDGET: EndReason.BUDGET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerTrials:
    """The port `Trials`: a second implementation beside the runner of commands."""

    charter: Charter
    given: TrialsFor
    workers: Workers
    spreads: Mapping[str, float]
    sources: Mapping[str, tuple[str, str]]  # of targets that are no labs: the copy of the repository and its commit
    purse: Purse

    async def run(
        self,
        key: TrialKey,
        *,
        commit: str,
        tree: str,
        seed: int,
        slot: int,
        bar: StoppingBar | None = None,  # noqa: ARG002  # no curve
    ) -> Trial:
        """Run one inner campaign on each target, one after the other; those that have ended are read.

        Raises:
            TrialPostponed: the session ends, or the budget does not suffice for the whole trial.
            UserError: a target cannot be measured.
        """
        path = self.charter.organisation
        text = self.given.files(commit, [path])[path].decode()
        tasks = {target.name: self.task(key, target, text, seed) for target in self.targets(key.stage)}
        if not self.purse.take(tasks.values()):
            return self._postponed(self.purse.over)
        results: dict[str, InnerResult] = {}
        for name, task in tasks.items():
            result = await self.workers.run(task, slot, self._stopping)
            self.purse.settle(task, result)
            if (reason := POSTPONES.get(result.blame)) is not None:
                return self._postponed(Ending(reason=reason, detail=f"on {name}: {result.failure}"))
            if result.blame == Blame.TARGET:
                raise UserError(
                    f"the target {name} cannot be tried: {result.failure}", fix="`overnight meta run` goes on after that"
                )
            results[name] = result
        return self._trial(key, tree, seed, results)

    def targets(self, stage: Stage) -> Sequence[Target]:
        """Where a trial of a stage runs: an audit looks at all of them."""
        match stage:
            case Stage.HOLDOUT:
                return self.charter.holdout
            case Stage.AUDIT:
                return self.charter.all_targets
            case _:
                return self.charter.targets

    def task(self, key: TrialKey, target: Target, text: str, seed: int) -> InnerTask:
        """The inner campaign of a trial on one target; those of both arms of a block differ in the organisation alone."""
        budget = self.given.journal.state.budget
        return inner_task(
            self.charter,
            target,
            text,
            folder=self.given.folder / INNER / name_of(key) / target.name,
            seed=seed,
            share=self.charter.screening if key.stage is Stage.SCREEN else times_of(key),
            source=self.sources.get(target.name, ("", "")),
            sandbox=self.given.sandbox,
            payer=Payer(
                key=f"campaign:{self.given.origin}",
                label=self.given.name,
                tokens=budget.tokens,
                cost_usd=budget.cost_usd,
            ),
        )

    async def checks(self, commit: str, slot: int, *, number: int = 0) -> TrialFailed | None:  # noqa: ARG002  # as the port
        """Nothing: an organisation has no checks."""
        return None

    def with_changes(self, changes: Sequence[FileChange]) -> "InnerTrials":
        """Not supported: no researcher of a meta-campaign searches."""
        raise NotImplementedError(f"{len(changes)} changes in no commit")

    def forget(self, number: int) -> None:
        """Nothing: what an inner campaign needs is deleted when it ends."""

    def _stopping(self) -> bool:
        """Whether what runs is to be postponed; where only the budget is spent, it comes to its end."""
        stop = self.given.stop
        return stop.requested and (self.purse.over is None or stop.ending is not self.purse.over)

    def _postponed(self, ending: Ending | None) -> Trial:
        """End the session.

        Raises:
            TrialPostponed: always.
        """
        if ending:
            self.given.stop.request(ending)
        raise TrialPostponed

    def _trial(self, key: TrialKey, tree: str, seed: int, results: Mapping[str, InnerResult]) -> Trial:
        progress = {name: result.progress for name, result in results.items() if result.progress is not None}
        failed = next((f"{name}: {result.failure}" for name, result in results.items() if result.progress is None), "")
        every = list(results.values())
        metrics = {
            **progress,
            "trials": float(sum(one.trials for one in every)),
            "kept": float(sum(one.kept for one in every)),
            "tokens": float(sum(one.tokens for one in every)),
            "elapsed_s": sum(one.elapsed_s for one in every),
            "cost_usd": sum(one.cost_usd for one in every),
        }
        judged = {target.name for target in (self.charter.targets if key.stage is Stage.AUDIT else self.targets(key.stage))}
        value = None if failed else mean([gain / self.spreads[name] for name, gain in progress.items() if name in judged])
        return Trial(
            key=key,
            seed=seed,
            tree=tree,
            value=value,
            metrics=metrics,
            fault=Fault.EXIT if failed else None,
            reason=failed,
            wall_s=sum(one.elapsed_s for one in every),
            cpu_s=sum(one.cpu_s for one in every),
            tokens=sum(one.tokens for one in every),
            cost_usd=sum(one.cost_usd for one in every),
            log=self._kept(key, results),
        )

    def _kept(self, key: TrialKey, results: Mapping[str, InnerResult]) -> str:
        """Keep the results as the output of the trial, unless it is of sealed targets."""
        if key.stage in SEALED:
            return ""
        path = self.given.folder / f"{name_of(key)}.json"
        path.write_text("\n".join(f'{{"target": "{name}", "result": {one.text()}}}' for name, one in results.items()))
        return ArtifactStore(self.given.folder / "logs").keep(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """The job whose calls of models those of an inner campaign count as."""

    key: str
    label: str
    tokens: int | None = None
    cost_usd: float | None = None


def inner_task(
    charter: Charter,
    target: Target,
    text: str,
    *,
    folder: Path,
    seed: int,
    share: float,
    source: tuple[str, str],
    sandbox: str,
    payer: Payer,
    secret: str = "",
) -> InnerTask:
    """One inner campaign of an organisation on a target.

    Args:
        charter: what it may spend.
        target: where.
        text: the organisation's program.
        folder: of the inner campaign.
        seed: of the block; decides the instance, and the secret unless that is given.
        share: of the inner budget: less for screening, more for a longer campaign.
        source: of a target that is no lab: the copy of the repository, and its commit.
        sandbox: the executor's name.
        payer: who pays for its models.
        secret: hex, of its own; empty: equal for all that have the seed.
    """
    inner = part_of(charter.inner, share)
    return InnerTask(
        folder=str(folder),
        organisation=text,
        path=charter.organisation,
        secret=secret or hashlib.sha256(f"{seed}\n{target.name}".encode()).hexdigest(),
        trials=inner.trials,
        trial_seconds=inner.trial_seconds,
        tokens=inner.tokens,
        cost_usd=inner.cost_usd,
        audit_pairs=charter.audit_pairs,
        sandbox=sandbox,
        lab=target.lab,
        instance=seed if target.lab and target.instance is None else target.instance,
        source=source[0],
        commit=source[1],
        fixed=target.fixed,
        payer=payer.key,
        payer_label=payer.label,
        payer_tokens=payer.tokens,
        payer_usd=payer.cost_usd,
    )


def part_of(inner: InnerBudget, share: float) -> InnerBudget:
    """A part of an inner budget, with enough trials for a baseline and a few proposals as far as the whole has them."""
    return InnerBudget(
        trials=None if inner.trials is None else max(math.ceil(inner.trials * share), min(inner.trials, FEWEST)),
        trial_seconds=None if inner.trial_seconds is None else inner.trial_seconds * share,
        tokens=None if inner.tokens is None else math.ceil(inner.tokens * share),
        cost_usd=None if inner.cost_usd is None else inner.cost_usd * share,
    )


def make_trials(
    charter: Charter,
    given: TrialsFor,
    *,
    workers: Workers,
    spreads: Mapping[str, float],
    sources: Mapping[str, tuple[str, str]],
) -> InnerTrials:
    """The runner of a session, which knows what earlier sessions have spent."""
    journal = given.journal

    def own() -> Spent:
        used = list(journal.state.usage.values())
        return Spent(tokens=sum(one.tokens for one in used), cost_usd=sum(one.cost_usd for one in used))

    whole = Spent(campaigns=1, tokens=charter.inner.tokens or 0, cost_usd=charter.inner.cost_usd or 0.0)
    purse = Purse(
        campaigns=charter.budget.campaigns,
        budget=lambda: journal.state.budget,
        own=own,
        spent=spent_in(given.folder / INNER, whole=whole),
    )
    return InnerTrials(charter=charter, given=given, workers=workers, spreads=spreads, sources=sources, purse=purse)


def name_of(key: TrialKey) -> str:
    """The name of a trial's folder: the same trial finds what it did before a kill."""
    return f"{key.stage.value}-{key.experiment}-{key.restart}-{key.arm.value}-{key.index}" + (
        f"-{key.part}" if key.part else ""
    )


def folder_of(campaign: Path, key: TrialKey) -> Path:
    """Where the inner campaigns of a trial lie."""
    return campaign / INNER / name_of(key)
