"""The live screen draws the state, and tokens per second if models are used."""

from pathlib import Path

import pytest
from builders import opened
from rich.console import Console

from overnight.cli.screen import Screen, TokenRate
from overnight.models.usage import Usage
from overnight.research.budget import SessionAllowance
from overnight.research.events import ModelCalled
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


def drawn(ledger: SqliteLedger, calls: int, pace: TokenRate) -> str:
    """The screen after this many calls of the explorer, as text."""
    state = fold(begin(opened()), [called("explorer")] * calls)
    screen = Screen(
        journal=Journal(ledger, state),
        allowance=SessionAllowance(),
        folder=Path(),
        running={},
        proposing={},
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


def test_a_campaign_without_models_says_nothing_of_them(ledger: SqliteLedger) -> None:
    """A campaign of the tuner has no line of zeros."""
    assert "tokens" not in drawn(ledger, 0, TokenRate())
