"""Pairs of equal campaigns: measured once, read back, and what is wrong with a target is said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from overnight.errors import UserError, leaf_errors
from overnight.meta.charter import Charter
from overnight.meta.noise import Noise, basis_of, known_noise, measure_noise
from overnight.meta.parsing import parse_charter
from overnight.meta.record import RESULT, finished
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.workers import Workers
from overnight.research.loop.port import TrialPostponed

TEXT = """---
targets: [lab:plant]
holdout: [lab:kernel]
inner: {trials: 60}
allowed_researchers: [{role: tuner, use: tuner}]
---
"""
CHARTER = parse_charter(TEXT, "meta.md")


# As the record of a campaign is counted: a row has what happened alone, so a tuner no tokens.
ROLES = {"tuner": {"proposed": 1.0, "searched": 60.0}, "explorer": {"proposed": 2.0, "tokens": 800.0}, "idle": {"tokens": 40.0}}


def gained(task: InnerTask) -> InnerResult:
    """1 for one arm, 3 for the other."""
    arm = Path(task.folder).parent.name.rpartition("-")[2]
    return InnerResult(progress=1.0 + 2.0 * int(arm), trials=70, elapsed_s=2.0, by_role=ROLES)


@dataclass(slots=True)
class FakeWorkers(Workers):
    """Answers at once by a function of the task; a result is on disk as a real one would be."""

    answer: Callable[[InnerTask], InnerResult] = gained
    ran: list[InnerTask] = field(default_factory=list)
    most: int = 1_000_000
    slots: list[int] = field(default_factory=list)

    async def run(self, task: InnerTask, slot: int, stopping: Callable[[], bool]) -> InnerResult:
        """Run nothing."""
        if len(self.ran) >= self.most:
            raise TrialPostponed
        self.ran.append(task)
        self.slots.append(slot)
        await anyio.lowlevel.checkpoint()
        return self._kept(task)

    def known(self, task: InnerTask) -> InnerResult | None:
        """By its file alone: it has no ledger."""
        return finished(Path(task.folder))

    def _kept(self, task: InnerTask) -> InnerResult:
        found = self.answer(task)
        Path(task.folder).mkdir(parents=True, exist_ok=True)
        (Path(task.folder) / RESULT).write_text(found.text())
        return found


def measured(folder: Path, workers: Workers, pairs: int = 3, charter: Charter = CHARTER) -> Noise | None:
    """The check of a charter in a folder."""

    async def check() -> Noise | None:
        sources: Mapping[str, tuple[str, str]] = {}
        return await measure_noise(
            charter,
            "text",
            folder,
            workers=workers,
            slots=2,
            sources=sources,
            pairs=pairs,
            sandbox="jail",
            stopping=lambda: False,
            see=lambda *_: None,
        )

    return anyio.run(check)


def test_pairs_share_an_instance_and_differ_in_their_secrets(tmp_path: Path) -> None:
    """Each pair has an instance of its own; every campaign has a secret of its own; two run at once."""
    workers = FakeWorkers()
    noise = measured(tmp_path, workers)
    assert noise is not None and noise.pairs == 3 and set(noise.targets) == {"plant", "kernel"}
    found = noise.targets["plant"]
    assert (found.mean, found.spread, found.nothing, found.campaigns, found.trials) == (2.0, 2.0, 0.0, 6, 70.0)
    assert found.proposal_tokens == 840.0 / 2.0
    assert len({task.secret for task in workers.ran}) == 12
    assert len({task.instance for task in workers.ran}) == 3
    assert set(workers.slots) == {0, 1}


def test_what_was_measured_is_read_back(tmp_path: Path) -> None:
    """After a stop it goes on, more pairs are added to those that are there, and nothing runs twice."""
    stopped = FakeWorkers(most=5)
    assert measured(tmp_path, stopped) is None and len(stopped.ran) == 5
    resumed = FakeWorkers()
    assert measured(tmp_path, resumed) is not None
    more = FakeWorkers()
    assert measured(tmp_path, more, pairs=4) is not None
    folders = [task.folder for workers in (stopped, resumed, more) for task in workers.ran]
    assert len(folders) == len(set(folders)) == 16
    basis = basis_of(CHARTER, "text", {})
    known = known_noise(tmp_path, basis, 4)
    assert known is not None and known.pairs == 4
    assert known_noise(tmp_path, basis, 5) is None, "not as many as are wanted"
    assert known_noise(tmp_path, basis_of(CHARTER, "other", {}), 0) is None, "of another organisation"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"basis": "b", "targets": {}}', '{"basis": "b", "targets": {"x": {}}}'])
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    """It is measured again from the results that are there."""
    (tmp_path / "noise.json").write_text(text)
    assert known_noise(tmp_path, "b") is None


def test_a_target_that_fails_is_named_with_its_reason(tmp_path: Path) -> None:
    """And is tried again the next time, because the reason may be gone."""

    def fails(task: InnerTask) -> InnerResult:
        if task.folder.endswith("kernel"):
            reason = "bubblewrap is missing; install it\x1b[0m"
            return InnerResult(progress=None, failure=reason, blame=Blame.TARGET)
        return gained(task)

    with pytest.raises(BaseException) as raised:
        measured(tmp_path, FakeWorkers(answer=fails))
    error = leaf_errors(raised.value)[0]
    assert isinstance(error, UserError)
    assert str(error).startswith("the target kernel cannot be measured: bubblewrap is missing; install it\\x1b")
    assert measured(tmp_path, FakeWorkers()) is not None


@pytest.mark.parametrize(("progress", "why"), [(0.0, "none gained anything"), (1.0, "their gains are equal")])
def test_campaigns_that_never_differ_are_refused(tmp_path: Path, progress: float, why: str) -> None:
    """A difference could not be put in spreads; the fix is said. Rounding is no difference."""

    def rounded(task: InnerTask) -> InnerResult:
        return InnerResult(progress=progress * (1.0 + 1e-15 * int(task.secret[0], 16)))

    with pytest.raises(
        UserError, match=f"on the target plant two campaigns .* never differ: {why}; give inner campaigns more trials"
    ):
        measured(tmp_path, FakeWorkers(answer=rounded))
