"""What became of the proposals of a campaign, and shares of them with their intervals."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

_Z = 1.96  # of a two-sided interval of 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One campaign, or several of one arm; each number is a part of the one before, `tokens` and `calls` apart."""

    asked: int = 0  # for a proposal, and answered
    edits: int = 0  # in which a diff came back
    in_scope: int = 0  # that may be measured, as far as their files and lines go
    new: int = 0  # that were not tried before
    run: int = 0  # whose trials ran to their end
    better: int = 0  # measured better than the head, beyond noise or not
    kept: int = 0  # better beyond noise
    tokens: int = 0
    calls: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        mine, theirs = asdict(self), asdict(other)
        return Counts(**{name: mine[name] + theirs[name] for name in mine})


def count(events: Sequence[Mapping[str, object]]) -> Counts:
    """Count a campaign's events, as `arm_campaigns.EVENTS` writes them; a try that the budget ended is none."""
    concluded = {event["number"]: event for event in events if event["kind"] == "concluded"}
    proposed = [event for event in events if event["kind"] == "proposed"]
    missed = [event for event in events if event["kind"] == "proposal_missed"]
    again = [event for event in missed if "again, which was rejected" in str(event["reason"])]
    ended = [event for event in missed if "budget of tokens is spent" in str(event["reason"])]
    verdicts = [concluded[event["number"]] for event in proposed if event["number"] in concluded]
    rejected = [verdict for verdict in verdicts if verdict["verdict"] == "reject"]
    tried = [verdict for verdict in rejected if "tried in experiment" in str(verdict["reason"]) or _like(verdict)]
    measured = [verdict for verdict in verdicts if verdict["verdict"] in {"keep", "discard"}]
    edits = len(proposed) + len(again)
    in_scope = len(proposed) - len(rejected) + len(tried)
    return Counts(
        asked=len(proposed) + len(missed) - len(ended),
        edits=edits,
        in_scope=in_scope,
        new=len(proposed) - len(rejected),
        run=len(measured),
        better=sum((_number(verdict["gain"]) or 0.0) > 0.0 for verdict in measured),
        kept=sum(verdict["verdict"] == "keep" for verdict in measured),
        tokens=sum(int(_number(event["tokens"]) or 0) for event in events if event["kind"] == "model_called"),
        calls=sum(event["kind"] == "model_called" for event in events),
    )


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The interval of 95 % of a share. Source: Wilson, 1927."""
    if whole == 0:
        return 0.0, 1.0
    share, spread = part / whole, _Z**2 / whole
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / (4 * whole))
    return max(0.0, middle - half), min(1.0, middle + half)


def row(name: str, lab: str, counts: Counts) -> str:
    """A line of the table."""
    cells = [name, lab, str(counts.asked)]
    cells += [_share(part, counts.asked) for part in (counts.edits, counts.in_scope, counts.new, counts.run, counts.better)]
    per_new = f"{counts.tokens / counts.new:,.0f}" if counts.new else "-"
    return f"| {' | '.join([*cells, str(counts.kept), f'{counts.tokens:,}', per_new])} |"


HEAD = (
    "| Arm | Lab | Asked | Edits, % | In scope, % | New, % | Run, % | Better, % | Kept | Tokens | Tokens per new edit |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def _share(part: int, whole: int) -> str:
    low, high = wilson(part, whole)
    return f"{part / whole:.0%} [{low:.0%}, {high:.0%}]".replace("%", "") if whole else "-"


def _like(verdict: Mapping[str, object]) -> bool:
    return "tried" in str(verdict["reason"])


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
