"""The status of a campaign, as a value and in words."""

from builders import opened

from overnight.models.usage import Usage
from overnight.research.events import ModelCalled
from overnight.research.state import begin, fold
from overnight.research.views.status import describe, summarise

USAGE = Usage(
    calls=1, input_tokens=20_000, cached_tokens=15_000, output_tokens=500, seconds=10.0, first_token_s=1.0, cost_usd=0.5
)


def called(role: str) -> ModelCalled:
    return ModelCalled(number=1, role=role, provider="p", model="m", usage=USAGE)


def test_the_status_shows_the_use_of_each_role() -> None:
    """The most expensive first; in the text and in the record that `--json` prints."""
    state = fold(begin(opened()), [called("critic"), called("explorer"), called("explorer")])
    status = summarise(state, None, "")
    assert [(use.role, use.calls, use.output_tokens_per_s, use.first_token_s) for use in status.models] == [
        ("explorer", 2, 50.0, 1.0),
        ("critic", 1, 50.0, 1.0),
    ]
    assert "models    explorer: 2 calls, 40 k tokens in (30 k cached), 1 k out at 50 tokens/s, $1.00" in describe(status)
