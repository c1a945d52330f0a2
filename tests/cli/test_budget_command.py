"""`overnight budget`: what a campaign may use, changed as an order, and who may order more."""

from pathlib import Path

import pytest
from surface_campaigns import Made, campaign_of, running
from targets import overnight, read_json, run_here

from overnight.errors import UserError
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.program.program import Budget
from overnight.research.events import BudgetChanged, Ordered
from overnight.research.operations.budget import OPERATION, BudgetInput
from overnight.research.record.ledger import SqliteLedger

WRITTEN = Budget(hours=100.0, experiments=12_000, cost_usd=400.0)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A campaign of three experiments that does not run, with a budget in its program."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return campaign_of(tmp_path / "repo", 3)


def as_agent(made: Made) -> Context:
    """An agent over MCP."""
    address = Address(channel="mcp", id="claude")
    return Context(where=made.repository, principal=Principal(Kind.AGENT, "claude"), origin=Origin.CLAW, address=address)


def limits(made: Made, **given: object) -> Budget:
    """What holds after an agent's order."""
    return perform(OPERATION, as_agent(made), BudgetInput(**given)).limits  # type: ignore[arg-type]


def test_it_is_shown_and_ordered(made: Made) -> None:
    """It counts at once for everybody who looks, also while no session runs; nothing given shows it."""
    shown = overnight(made.repository, "budget", check=0).stdout
    assert "as program.md has it" in shown and "experiments  3 of 12000" in shown and "tokens" in shown
    now = read_json(made.repository, "budget", "--hours", "200", "--unlimited", "cost_usd")
    assert now["limits"] == {"experiments": 12000, "trials": None, "hours": 200.0, "tokens": None, "cost_usd": None}
    assert read_json(made.repository, "budget")["limits"] == now["limits"]
    both = run_here(made.repository, "budget", "--hours", "1", "--unlimited", "hours")
    assert both.returncode == 2 and "cannot be used together" in both.stderr


def test_an_agent_may_lower_it_and_asks_for_more(made: Made) -> None:
    """Less can be raised again; more is the owner's, in any of its limits, and also if a limit is to go."""
    assert limits(made) == WRITTEN
    assert limits(made, hours=50.0, trials=9) == Budget(hours=50.0, experiments=12_000, cost_usd=400.0, trials=9)
    for more in (
        {"hours": 51.0},
        {"hours": 1.0, "experiments": 12_001},
        {"unlimited": ("cost_usd",)},
        {"hours": 60.0, "unlimited": ("trials",)},
    ):
        assert OPERATION.tier_of(as_agent(made), BudgetInput(**more)) is Tier.COSTLY
    with pytest.raises(ApprovalAsked):
        limits(made, hours=51.0)
    asked = run_here(made.repository, "approvals").stdout
    assert "wants `budget --hours 51.0` (costly)" in asked and "the budget now: 12,000 experiments, 9 trials, 50 h" in asked
    assert limits(made, hours=50.0).trials == 9
    assert "last changed by agent:claude over mcp" in run_here(made.repository, "budget").stdout


def test_an_order_has_who_gave_it_and_how_it_came(made: Made) -> None:
    """In the ledger, and in what people see; an order that changes nothing is none."""
    with running(made):
        limits(made, hours=50.0)
        limits(made, hours=50.0)
        overnight(made.repository, "budget", "--hours", "40", check=0)
    ledger = SqliteLedger.for_reading(made.folder)
    orders = [entry.event for entry in ledger.events() if isinstance(entry.event, Ordered)]
    assert [(order.by, order.origin) for order in orders] == [("agent:claude", "mcp"), ("owner", "cli")]
    assert not [entry for entry in ledger.events() if isinstance(entry.event, BudgetChanged)]  # no session has acted on it
    ledger.close()
    status = overnight(made.repository, "status", check=0).stdout
    assert "order     agent:claude over mcp: budget: hours 50 (waits)" in status and "hours 40" not in status
    assert "note: order of agent:claude over mcp: budget: hours 50" in overnight(made.repository, "log", check=0).stderr
    listed = read_json(made.repository, "status")["orders"]
    assert [(order["by"], order["origin"], order["what"]) for order in listed] == [
        ("owner", "cli", "budget: hours 40"),
        ("agent:claude", "mcp", "budget: hours 50"),
    ]
    report = overnight(made.repository, "report", "--out", str(made.repository.parent / "out"), check=0)
    assert report.returncode == 0
    for name in ("report.md", "report.html"):
        text = (made.repository.parent / "out" / name).read_text()
        assert "agent:claude over mcp" in text and "budget: hours 50 (waits)" in text and "hours 40" not in text


def test_a_limit_that_is_none_is_refused(made: Made) -> None:
    """Nothing less than nothing, and nothing beyond what JSON can say."""
    for words in ("--experiments 0", "--hours 0", "--hours inf", "--hours nan", "--cost-usd -1", "--tokens 9e99"):
        assert run_here(made.repository, "budget", *words.split()).returncode == 2, words
    with pytest.raises(UserError, match="no campaign"):
        perform(OPERATION, Context(where=made.repository), BudgetInput(tag="other", hours=1.0))
