"""The budget of a meta-campaign: whole inner campaigns are set aside before they begin, and what they used counts after."""

from pathlib import Path

from overnight.meta.purse import Purse, Spent, spent_in, total
from overnight.meta.record import READY, RESULT
from overnight.meta.task import InnerResult, InnerTask
from overnight.program.program import Budget
from overnight.research.ending import EndReason


def task(folder: str, *, tokens: int | None = 100) -> InnerTask:
    return InnerTask(folder=folder, organisation="", path="program.md", secret="", tokens=tokens, cost_usd=0.5)


def purse(*, campaigns: int | None = None, own: int = 0, spent: dict[str, Spent] | None = None, **budget: int) -> Purse:
    limits = Budget(**budget)
    return Purse(campaigns=campaigns, budget=lambda: limits, own=lambda: Spent(tokens=own), spent=spent or {})


def test_each_inner_campaign_counts_once() -> None:
    """A budget of campaigns is used up to the last whole trial, and going on with one takes nothing more."""
    held = purse(campaigns=3)
    assert held.take([task("a"), task("b")])
    assert held.take([task("a"), task("b")]), "they were set aside already"
    assert not held.take([task("c"), task("d")])
    assert held.over is not None and held.over.reason is EndReason.BUDGET
    assert "the budget of 3 inner campaigns is spent" in held.over.detail
    assert held.take([task("c")])


def test_tokens_of_all_count_whole_until_they_end() -> None:
    """Two under way, and what the meta-campaign's own researchers used, leave no room for a third; once ended, they do."""
    held = purse(tokens=300, own=50)
    assert held.take([task("a")]) and held.take([task("b")])
    assert not held.take([task("c")])
    held.settle(task("a"), InnerResult(progress=0.0, tokens=10))
    assert held.take([task("c")])
    assert total(held.spent.values()) == Spent(campaigns=3, tokens=210, cost_usd=1.0)
    assert not purse(cost_usd=1).take([task("a"), task("b"), task("c")])


def test_what_lies_in_the_folder_counts_after_a_kill(tmp_path: Path) -> None:
    """Ended inner campaigns count with what they used, begun ones whole, and others not at all."""
    for name in ("ended", "begun", "made"):
        (tmp_path / name / "plant").mkdir(parents=True)
    (tmp_path / "ended/plant" / RESULT).write_text(InnerResult(progress=1.0, tokens=7).text())
    (tmp_path / "begun/plant" / READY).touch()
    whole = Spent(campaigns=1, tokens=100)
    assert sorted(spent_in(tmp_path, whole=whole).values(), key=str) == [whole, Spent(campaigns=1, tokens=7)]
