"""The live screen draws the state, and tokens per second if models are used."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from builders import baseline, opened, proposed, searched, trial
from rich.console import Console

from overnight.cli.at_work import Running, TokenRate, Worker
from overnight.cli.live import LiveView, describe
from overnight.cli.screen import Screen
from overnight.gate.trial import TrialKey
from overnight.machines.place import Place
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.models.usage import Usage
from overnight.research.budget import SessionAllowance
from overnight.research.events import (
    Event,
    ModelCalled,
    ProposalEnded,
    ProposalMissed,
    Proposing,
    ProviderChanged,
    Working,
)
from overnight.research.loop.journal import Journal
from overnight.research.record.ledger import SqliteLedger
from overnight.research.state import begin, fold

USAGE = Usage(
    calls=1, input_tokens=20_000, cached_tokens=15_000, output_tokens=500, seconds=10.0, first_token_s=1.0, cost_usd=0.5
)


def called(role: str) -> ModelCalled:
    return ModelCalled(number=1, role=role, provider="p", model="m", usage=USAGE)


@pytest.fixture
def ledger(tmp_path: Path) -> SqliteLedger:
    ledger = SqliteLedger(tmp_path)
    ledger.append(opened())
    return ledger


def drawn(
    ledger: SqliteLedger,
    calls: int,
    pace: TokenRate,
    *,
    events: Sequence[Event] = (),
    workers: Sequence[Worker] = (),
    gone: Mapping[str, str] | None = None,
    running: Sequence[TrialKey] = (),
    allowance: SessionAllowance | None = None,
    misses: Sequence[ProposalMissed] = (),
) -> str:
    """The screen after this many calls of the explorer, and other events, as text."""
    state = fold(begin(opened()), [*[called("explorer")] * calls, *events])
    screen = Screen(
        journal=Journal(ledger, state),
        allowance=lambda: allowance or SessionAllowance(),
        folder=Path(),
        running={key: Running(key=key, place=Place(slot=0), since=0.0) for key in running},
        workers={(worker.role, worker.assignment): worker for worker in workers},
        gone=gone or {},
        misses=misses,
        pace=pace,
        acknowledged=lambda: "",
        note=lambda: "",
    )
    console = Console(width=140)
    with console.capture() as captured:
        console.print(screen.draw())
    ledger.close()
    return captured.get()


def test_tokens_per_second_are_of_the_last_minute() -> None:
    """Tokens of the last minute, divided by a minute or by the time since the first call if that is shorter."""
    pace = TokenRate()
    assert pace.per_second(0.0) == 0.0
    pace.add(100.0, 600)
    assert pace.per_second(110.0) == 60.0
    pace.add(140.0, 600)
    assert pace.per_second(160.0) == 20.0
    assert pace.per_second(170.0) == 10.0
    assert pace.per_second(300.0) == 0.0


def test_a_campaign_of_agents_shows_what_its_models_use(ledger: SqliteLedger) -> None:
    """Throughput first, then calls, tokens, speed and money."""
    text = drawn(ledger, 2, TokenRate())
    assert "tokens/s · 2 calls · 40 k in, 30 k of them cached · 1 k out at 50 tokens/s · $1.00" in text


def test_estimated_calls_are_marked_and_have_no_pace(ledger: SqliteLedger) -> None:
    """Neither their own nor that of the last minute."""
    view = LiveView()
    guess = Usage(calls=1, input_tokens=1_680, output_tokens=8_192, estimated=1, estimated_output_tokens=8_192, unanswered=1)
    cut = ModelCalled(number=1, role="explorer", provider="p", model="m", usage=guess)
    view.see(cut)
    text = drawn(ledger, 0, view.pace, events=[cut])
    assert "0 tokens/s · 1 call (1 call estimated) · 1.68 k in, 0 of them cached · 8.19 k out " in text
    assert "out at" not in text


def test_a_search_is_told_from_a_proof(ledger: SqliteLedger) -> None:
    """What ran so far, by what it was for; what runs now; and what is left of the budget of trials."""
    events: list[Event] = [baseline(0, 1.0), searched(0), searched(1), proposed(1), trial(1)]
    worker = Worker(role="tuner", assignment=4, since=0.0, doing="searches, 2 trials")
    text = drawn(
        ledger,
        0,
        TokenRate(),
        events=events,
        workers=[worker],
        running=[searched(2).trial.key],
        allowance=SessionAllowance(trials=10),
    )
    assert "4 trials: 2 to search (50 %), 1 for proof (25 %), 1 for the baseline (25 %)" in text
    assert "search trial 3" in text and "4: searches, 2 trials" in text and "6 left" in text


def test_what_is_left_of_a_budget_is_written_as_elsewhere(ledger: SqliteLedger) -> None:
    """Tokens in three digits."""
    assert "180 k left" in drawn(ledger, 1, TokenRate(), allowance=SessionAllowance(tokens=200_000))


def test_a_campaign_without_models_says_nothing_of_them(ledger: SqliteLedger) -> None:
    """A campaign of the tuner has no line of zeros."""
    assert "tokens" not in drawn(ledger, 0, TokenRate())


def worker(role: str, assignment: int, doing: str = "") -> Worker:
    return Worker(role=role, assignment=assignment, since=time.monotonic(), doing=doing)


def test_each_worker_of_a_role_has_a_line(ledger: SqliteLedger) -> None:
    """With what it does now; who is not asked any more stays, with the reason."""
    workers = [worker("explorer", 3, "asks p"), worker("explorer", 4), worker("critic", 3, "runs \x1b[2J")]
    text = drawn(ledger, 0, TokenRate(), workers=workers, gone={"tuner": "nothing is left"})
    for line in (
        "explorer  3: asks p",
        "explorer  4: works",
        "critic    3: runs \\x1b[2J",
        "tuner     is not asked any more: nothing is left",
    ):
        assert line in text


def test_a_provider_that_is_out_is_on_the_screen(ledger: SqliteLedger) -> None:
    """Even before any call was answered; the plain view has a line when it goes out and when it is back."""
    out = ProviderChanged(state=ProviderState(provider="p", standing=ProviderStanding.BROKEN, why="401 no such key"))
    back = ProviderChanged(state=ProviderState(provider="p", standing=ProviderStanding.READY))
    line = "provider p is out since 00:00 UTC, until you fix it: 401 no such key"
    assert line in drawn(ledger, 0, TokenRate(), events=[out])
    assert (describe(out), describe(back)) == (line, "provider p is ready again")


def test_a_line_ends_when_its_work_ends() -> None:
    """Whatever it did last; another worker of the same role goes on."""
    view = LiveView()
    for sign in (
        Proposing(role="explorer", assignment=1),
        Proposing(role="explorer", assignment=2),
        Working(role="explorer", assignment=1, doing="asks p"),
        Working(role="critic", assignment=1, doing="asks p"),
        ProposalEnded(role="explorer", assignment=1),
        ProposalMissed(role="tuner", reason="nothing is left", final=True),
    ):
        view.see(sign)
    assert [(role, assignment) for role, assignment in view.workers] == [("explorer", 2), ("critic", 1)]
    assert view.gone == {"tuner": "nothing is left"}


def test_the_time_of_work_that_goes_on_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search says after each trial how far it is, and its time is that of the whole search."""
    view, clock = LiveView(), iter((1.0, 2.0, 3.0))
    monkeypatch.setattr("overnight.cli.live.time.monotonic", lambda: next(clock))
    began = []
    for doing, goes_on in (("asks", False), ("searches, 1 trial", False), ("searches, 2 trials", True)):
        view.see(Working(role="tuner", assignment=1, doing=doing, goes_on=goes_on))
        began.append(view.workers["tuner", 1].since)
    assert began == [1.0, 2.0, 2.0] and view.workers["tuner", 1].doing == "searches, 2 trials"


def test_a_try_that_came_to_nothing_has_a_line(ledger: SqliteLedger) -> None:
    """The newest few, with the assignment and the reason on one line; the end of a researcher is another line."""
    view = LiveView()
    for number in range(1, 6):
        view.see(ProposalMissed(role="explorer", reason=f"edit {number}:\nno such line", assignment=number))
    view.see(ProposalMissed(role="explorer", reason="over", final=True))
    text = drawn(ledger, 0, TokenRate(), misses=list(view.misses), gone=view.gone)
    assert "3: made no proposal: edit 3: no such line" in text and "5: made no proposal" in text
    assert "2: made no proposal" not in text and text.count("is not asked any more: over") == 1


def test_a_line_of_the_plain_view_is_one_line() -> None:
    """Whatever the reason's lines are."""
    missed = ProposalMissed(role="explorer", reason="an edit:\n  no such line", assignment=1)
    assert describe(missed) == "explorer made no proposal: an edit: no such line"
