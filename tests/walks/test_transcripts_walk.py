"""What agents said and did, from their sessions to `show N --transcript` and the report: bounded, scrubbed and harmless."""

from pathlib import Path

import pytest
from pages import parse
from scripted_models import ScriptedModels
from targets import make_repo, overnight, read_json

from overnight.config import VARIABLE

KEY = "team-alpha-0123456789abcdefghijABCDEFGHIJ"
TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ"  # of nobody; only its shape is known
PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: cat train.txt
editable: [train.txt]
limits: {wall: 10s, memory: 500MB}
budget: {experiments: 1}
env: {SERVICE_PASSWORD: correct-horse-battery-staple-7}
researchers:
  - {role: director, use: agent, model: m1}
  - {role: critic, use: agent, model: m1}
  - {role: explorer, use: agent, model: m1, patience: 1s}
---
# Make the loss small
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> Path:
    """A campaign whose model prints secrets, a terminal escape and markup, and changes the file."""
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[[providers]]\nname = "p"\nbase_url = "{models.url("ok")}"\nwires = ["openai-chat"]\nkey_env = "ACCESS"\n'
    )
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv("ACCESS", KEY)
    made = make_repo(tmp_path / "r", PROGRAM, files={"train.txt": "METRIC loss=5.0\n"})
    models.command = (
        f"printf '{KEY[:20]}%s {TOKEN} \\033[2J<script>alert(1)</script> ' {KEY[20:]}; echo $SERVICE_PASSWORD; "
        "cat /proc/sys/kernel/random/uuid >> train.txt"
    )
    overnight(made, "run", "--tag", "t", "--plain", "--sandbox", "process", check=1)
    return made


def test_every_session_is_kept_shown_and_in_the_report(repo: Path) -> None:
    """The author's and the critic's with the experiment, the director's beside them; secrets and escapes do nothing."""
    kept = {path.name: path.read_text() for path in (repo / ".overnight/t/transcripts").iterdir()}
    assert {name.partition("-")[2] for name in kept} == {"director.md", "critic.md", "explorer.md"}
    shown = overnight(repo, "show", "1", "--transcript", check=0).stdout
    assert shown.count("\ntranscript ") == 2 and "explorer.md:" in shown and "critic.md:" in shown
    listed = read_json(repo, "show", "1", "--transcript")["transcripts"]
    assert {one["role"] for one in listed} == {"explorer", "critic"}
    page = (repo / ".overnight/t/report.html").read_text()
    titles = parse(page).text
    for role in ("director", "critic", "explorer"):
        assert f"{role}, assignment " in titles
    for text in (*kept.values(), shown, *(one["text"] for one in listed), page):
        for secret in (KEY, KEY[20:], TOKEN, "correct-horse"):
            assert secret not in text
        assert "\x1b" not in text
    assert "<script" not in page and "<script>alert(1)</script>" in titles
    assert "[hidden]" in shown
    number = int(next(name for name in kept if name.endswith("-explorer.md")).partition("-")[0])
    assert "explorer.md:" in overnight(repo, "show", "--assignment", str(number), check=0).stdout
    assert {one["number"] for one in read_json(repo, "show", "--assignment", str(number))} == {number}
    assert "give the number" in overnight(repo, "show", check=2).stderr


def test_without_the_option_there_is_none(repo: Path) -> None:
    """As there is no log; an experiment whose transcripts are gone says so."""
    assert read_json(repo, "show", "1")["transcripts"] is None
    assert "\ntranscript " not in overnight(repo, "show", "1", check=0).stdout
    for path in (repo / ".overnight/t/transcripts").iterdir():
        path.unlink()
    assert "no transcript is kept of it" in overnight(repo, "show", "1", "--transcript", check=0).stdout
    assert read_json(repo, "show", "1", "--transcript")["transcripts"] == []
