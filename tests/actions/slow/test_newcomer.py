"""A newcomer in a repository of their own, with a provider of models and nothing else set up: two commands to a result."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted_models import Json, ScriptedModels
from small_loops import until
from targets import git, overnight, read_json, repository_of

from overnight.actions.board.service import board_process, stop_board

UNIT = """\
import unittest

from {module} import {name}


class Case(unittest.TestCase):
    def test_{name}(self):
        {check}
"""
FILES = {
    "shop.py": "def total(rows):\n    return sum(rows)\n",
    "tests/__init__.py": "",
    "tests/test_shop.py": UNIT.format(module="shop", name="total", check="self.assertEqual(total([1]), 1)"),
}
EXPORT = 'def export(rows):\n    return ",".join(map(str, rows))\n'
TEST = UNIT.format(module="export", name="export", check="self.assertEqual(export([1, 2]), '1,2')")
SAID = "Rows can be exported as CSV, see tests/test_export.py\nASSUMPTION: nothing has to be quoted"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> Iterator[Path]:
    """Their repository, and their settings; the board that they leave behind is ended."""

    def says(body: Json) -> str:
        return "NO FINDINGS" if "NO FINDINGS" in json.dumps(body) else SAID  # what a reviewer is asked has both words

    models.says = says
    models.command = f"cat > export.py <<'E'\n{EXPORT}E\ncat > tests/test_export.py <<'E'\n{TEST}E\n"
    settings = f'[[providers]]\nname = "box"\nbase_url = "{models.url("ok")}/v1"\nwires = ["openai-chat"]\nmodel = "m"\n'
    (tmp_path / "settings.toml").write_text(settings)
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "settings.toml"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("OVERNIGHT_NO_BOARD")
    yield repository_of(tmp_path / "shop", FILES).toplevel
    stop_board()
    until(lambda: board_process() is None)


def test_two_commands_lead_to_a_reviewed_result(shop: Path) -> None:
    """The checks are found, the test fails without the change, a reviewer read it; a word merges it, nothing else moved."""
    before = git(shop, "rev-parse", "HEAD"), git(shop, "status", "--porcelain")
    assert "the board runs" in overnight(shop, "do", "Let users export their rows as CSV", check=0).stdout
    until(lambda: read_json(shop, "board")["needs_you"])
    text = overnight(shop, "review", check=0).stdout
    assert "- **proven** tests/test\\_export.py fails if \\`export\\` returns at once" in text
    assert "- *claimed* Rows can be exported as CSV, see tests/test\\_export.py (tested by tests/test\\_export.py)" in text
    assert "- *claimed* nothing has to be quoted" in text and "- no findings" in text and "## Look at" not in text
    assert "coder by m at box (" in text and "reviewer by m at box (" in text
    found = read_json(shop, "result")
    assert found["reviewed"] and found["tokens"] > 0 and found["flags"] == []
    overnight(shop, "accept", "1", found["commit"][:12], check=0)
    until(lambda: read_json(shop, "result", "1")["stage"] == "merged")
    assert git(shop, "show", "overnight/main:export.py") == EXPORT.strip()
    assert (git(shop, "rev-parse", "HEAD"), git(shop, "status", "--porcelain")) == before
