"""Steering over the web: budgets as orders with how they came, programs that nobody allowed, and the page for models."""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from live_serving import caller_for, served
from surface_campaigns import campaign_of
from targets import git, make_repo, program

from overnight.operations.operation import Context
from overnight.operations.principal import OWNER, Kind, Principal
from overnight.research.events import Ordered
from overnight.research.operations.allow import AllowInput, look, run
from overnight.research.record.ledger import SqliteLedger

Answer = tuple[int, Any]  # Any: JSON
AGENT = Principal(Kind.AGENT, "claude")


def posted(repo: Path, orders: Mapping[str, object], *, principal: Principal = OWNER) -> dict[str, Answer]:
    """What each order is answered, by its words."""

    async def post(url: str) -> dict[str, Answer]:
        answers = {}
        async with ClientSession(url) as session:
            for words, given in orders.items():
                async with session.post(f"/api/v1/repos/repo/{words}", json=given) as answer:
                    answers[words] = answer.status, await answer.json()
        return answers

    with served(caller_for(repo, principal=principal)) as server:
        return asyncio.run(post(server.url))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_budget_is_ordered_over_the_web(tmp_path: Path) -> None:
    """The record says that it came that way; what is no limit is refused."""
    made = campaign_of(tmp_path / "repo", 3)
    status, answer = posted(made.repository, {"budget": {"hours": 200.0, "unlimited": ["cost_usd"]}})["budget"]
    assert status == 200 and answer["limits"]["hours"] == 200.0 and answer["limits"]["cost_usd"] is None
    with closing(SqliteLedger.for_reading(made.folder)) as ledger:
        assert [e.event.origin for e in ledger.events() if isinstance(e.event, Ordered)] == ["web"]
    for wrong in ({"hours": 0}, {"hours": 1e308 * 10}, {"unlimited": ["life"]}, {"experiments": 1.5}, {"until": 3}):
        assert posted(made.repository, {"budget": wrong})["budget"][0] == 400, wrong


def test_nothing_starts_over_the_web_until_it_is_allowed(tmp_path: Path) -> None:
    """Not for the owner either, who cannot allow it there; the answer has the command that is new, and what to type."""
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    digest = look(Context(where=repo)).digest
    orders = {"check": {}, "run": {"tag": "t"}, "allow": {"digest": digest}}
    for principal, words in ((OWNER, "in a terminal alone"), (AGENT, "for the owner alone")):
        answers = posted(repo, orders, principal=principal)
        for name in ("check", "run"):
            status, answer = answers[name]
            assert status == 403 and 'measure: "python train.py' in answer["error"] and "overnight allow" in answer["fix"]
        assert answers["allow"][0] == 403 and words in answers["allow"][1]["error"]
    assert not look(Context(where=repo)).allowed and git(repo, "status", "--porcelain", "--ignored") == ""
    run(Context(where=repo), AllowInput(digest=digest))
    status, answer = posted(repo, {"run": {"tag": "t"}}, principal=AGENT)["run"]
    assert status == 403 and answer["approval"] is not None, "an agent's run still needs an approval"


def test_models_are_led_to_the_docs(tmp_path: Path) -> None:
    """`/llms.txt` is text, and its links are addresses of this server."""
    make_repo(tmp_path / "repo", program())

    async def get(url: str) -> tuple[str, str]:
        async with ClientSession(url) as session, session.get("/llms.txt") as answer:
            return answer.content_type, await answer.text()

    with served(caller_for(tmp_path / "repo")) as server:
        kind, text = asyncio.run(get(server.url))
    assert kind == "text/plain" and text.startswith("# overnight\n\n> ") and "](docs/run.md): " in text
    assert "](docs/skill.md): " in text
