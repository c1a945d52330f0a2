"""Steering over a face: budgets as orders with how they came, programs that nobody allowed, and the page for models."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from rest import AGENT, Answer, served
from surface_campaigns import campaign_of
from targets import git, make_repo, program

from overnight.operations.operation import Context
from overnight.operations.principal import OWNER, Principal
from overnight.research.events import Ordered
from overnight.research.operations.allow import AllowInput, look, run
from overnight.research.record.ledger import SqliteLedger


def posted(repo: Path, orders: Mapping[str, Mapping[str, object]], *, principal: Principal = OWNER) -> dict[str, Answer]:
    """What each order is answered, by its words."""
    with served(principal, repo=repo) as rest:
        return {words: rest.post(f"/repos/repo/{words}", **given) for words, given in orders.items()}


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_budget_is_ordered_over_the_web(tmp_path: Path) -> None:
    """The record says that it came that way; what is no limit is refused."""
    made = campaign_of(tmp_path / "repo", 3)
    answer = posted(made.repository, {"budget": {"hours": 200.0, "unlimited": ["cost_usd"]}})["budget"]
    assert answer.status == 200 and answer.json["limits"]["hours"] == 200.0 and answer.json["limits"]["cost_usd"] is None
    with closing(SqliteLedger.for_reading(made.folder)) as ledger:
        assert [e.event.origin for e in ledger.events() if isinstance(e.event, Ordered)] == ["rest"]
    for wrong in ({"hours": 0}, {"hours": 1e308 * 10}, {"unlimited": ["life"]}, {"experiments": 1.5}, {"until": 3}):
        assert posted(made.repository, {"budget": wrong})["budget"].status == 400, wrong


def test_nothing_starts_over_the_web_until_it_is_allowed(tmp_path: Path) -> None:
    """Not for the owner either, who cannot allow it there; the answer has the command that is new, and what to type."""
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    digest = look(Context(where=repo)).digest
    orders = {"check": {}, "run": {"tag": "t"}, "allow": {"digest": digest}}
    for principal in (OWNER, AGENT):
        answers = posted(repo, orders, principal=principal)
        for name in ("check", "run"):
            found = answers[name].json
            assert answers[name].status == 403 and 'measure: "python train.py' in found["error"]
            assert "overnight allow" in found["fix"]
        assert answers["allow"].status == 404, "it is for a terminal alone"
    assert not look(Context(where=repo)).allowed and git(repo, "status", "--porcelain", "--ignored") == ""
    run(Context(where=repo), AllowInput(digest=digest))
    answer = posted(repo, {"run": {"tag": "t"}}, principal=AGENT)["run"]
    assert answer.status == 403 and answer.json["approval"] is not None, "an agent's run still needs an approval"


def test_models_are_led_to_the_docs(tmp_path: Path) -> None:
    """`/llms.txt` is text, and its links are addresses of this server."""
    make_repo(tmp_path / "repo", program())
    with served(repo=tmp_path / "repo") as rest:
        answer = rest.ask("GET", "/llms.txt")
    assert answer.headers["content-type"].startswith("text/plain") and answer.text.startswith("# overnight\n\n> ")
    assert "](docs/run.md): " in answer.text and "](docs/skill.md): " in answer.text
