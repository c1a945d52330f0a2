"""Secrets that stand where nothing scrubbed them when it was written: no face shows them, to whoever asks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp_client import here
from surface_campaigns import TAG, campaign_of
from surface_server import Surface, running

from overnight.secrets.file import SecretsFile
from overnight.web.token import Role

KNOWN = "hunter-of-the-2nd-star"
SHAPED = "gsk_" + "a1b2c3d4e5f6g7h8"  # in two parts, so that this file has none
KEY = "-----BEGIN PRIVATE KEY-----\\nMIIEvgIBADANBgkq"
HIDDEN = (KNOWN, SHAPED, "MIIEvgIBADANBgkq")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its program.md has secrets in its environment, its commands, its words and its mistakes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SOME_API_KEY", KNOWN)
    made = campaign_of(tmp_path / "r", 3).repository
    text = (made / "program.md").read_text()
    entry = f'env: {{A: "{KNOWN}", B: "{SHAPED}", C: "{KEY}"}}\neditable:'
    (made / "program.md").write_text(f"{text.replace('editable:', entry, 1)}\n{KNOWN} <b>{SHAPED}</b>\n")
    return made


@pytest.fixture
def surface(repository: Path, tmp_path: Path) -> Iterator[Surface]:
    with running(tmp_path / "state", repositories={"r": repository}) as found:
        yield found


@pytest.mark.parametrize("role", [Role.READER, Role.AGENT, Role.OWNER])
def test_no_form_of_a_page_has_one(surface: Surface, role: Role) -> None:
    """HTML, JSON, Markdown and REST show the rest of the text; JSON stays JSON."""
    known = surface.bearer(role)
    for path in ("/repos/r/program", "/repos/r/program.json", "/repos/r/program.md", "/api/v1/repos/r/program"):
        answer = surface.ask("GET", path, {**known, "Accept": "text/html"})
        assert answer.status == 200 and "[hidden]" in answer.body, path
        assert not [each for each in HIDDEN if each in answer.body], path
        if answer.headers["content-type"].startswith("application/json"):
            assert json.loads(answer.body)["repository"] == "r"


def test_no_mistake_quotes_one(surface: Surface, repository: Path) -> None:
    """What is wrong with a program, or with a call, is said without it."""
    known = surface.bearer()
    (repository / "program.md").write_text(f"---\nmetric: {{name: x, direction: {KNOWN}}}\n{SHAPED}: 1\n---\n")
    answers = [surface.ask("GET", f"/repos/r/program{form}", known) for form in ("", ".json", ".md")]
    answers += [surface.ask("POST", "/api/v1/repos/r/check", {**known, "Content-Type": "application/json"}, "{}")]
    for tag in (KNOWN, SHAPED):
        for path in ("/api/v1/repos/r/status?tag=", "/api/v1/repos/r/status?", "/repos/r/campaigns/", "/repos/", "/api/v1/"):
            answers.append(surface.ask("GET", path + tag, {**known, "Accept": "text/html"}))
    for answer in answers:
        assert not [each for each in HIDDEN if each in answer.body], answer
    assert not [line for line in surface.said if any(each in line for each in HIDDEN)]


def test_if_secrets_cannot_be_read_nothing_is_shown(surface: Surface, tmp_path: Path) -> None:
    """A file of secrets that others can write: pages and answers say so, and how to repair it, and show nothing else."""
    known = surface.bearer()
    file = SecretsFile(tmp_path / "state" / "overnight").path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{}")
    file.chmod(0o666)
    for path in (f"/repos/r/campaigns/{TAG}", "/repos/r/program.json", "/repos/r/program.md", "/api/v1/repos/r/program"):
        answer = surface.ask("GET", path, known)
        assert answer.status in {404, 503} and "chmod" in answer.body, answer.body
        assert not [each for each in HIDDEN if each in answer.body]


def test_nor_has_a_tool(repository: Path) -> None:
    """Over MCP, as before."""
    client = here({"r": repository})
    client.hello()
    for detail in ("summary", "full"):
        assert not [each for each in HIDDEN if each in repr(client.call("look", address="/repos/r/program", detail=detail))]
