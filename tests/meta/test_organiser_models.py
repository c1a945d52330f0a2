"""An organiser that is an agent with a shell: what it edits is checked before any inner campaign."""

from pathlib import Path

import pytest
from agent_settings import forget_settings, provide
from scripted_models import ScriptedModels
from targets import make_repo, overnight, recorded

from overnight.git.repository import open_repository
from overnight.meta.noise import FILE, Noise, TargetNoise, basis_of
from overnight.meta.preparation import prepare
from overnight.meta.wiring import check_folder
from overnight.research.events import Concluded, TrialFinished

TAG = "meta-t"
ENTRY = "{role: explorer, use: editor, model: m}"
PROGRAM = f"""---
metric: {{name: loss, direction: minimize}}
measure: cat train.txt
editable: [train.txt]
limits: {{wall: 10s, memory: 500MB}}
researchers:
  - {ENTRY}
---
# Make the loss small
"""
META = f"""---
targets: [.]
inner: {{trials: 60, tokens: 100000}}
allowed_researchers: [{ENTRY}]
budget: {{campaigns: 80}}
researchers: [{{role: organiser, use: agent, model: m, patience: 0.1s}}]
---
# Find an organisation that makes progress
"""


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> Path:
    """A repository whose check is done: an invented one, as no trial is run here."""
    forget_settings(tmp_path, monkeypatch)
    provide(tmp_path, monkeypatch, models.url("ok/v1"))
    repo = make_repo(tmp_path / "r", PROGRAM, files={"train.txt": "METRIC loss=5.0\n", "meta.md": META})
    prepared = prepare(open_repository(repo))
    one = TargetNoise(mean=1, spread=1, nothing=0, campaigns=16, trials=60, elapsed_s=1, tokens=9, cost_usd=0)
    noise = Noise(basis=basis_of(prepared.charter, prepared.text, prepared.sources), targets={"here": one})
    folder = check_folder(prepared.repository)
    folder.mkdir(parents=True)
    (folder / FILE).write_text(noise.text())
    return repo


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        ("s/wall: 10s/wall: 99s/", "`limits` is frozen"),
        ("s/use: editor/use: command, command: id/", "`allowed_researchers`"),
        ("s/count: 1//; s/model: m/model: m, hosts: [example.org]/", "hosts"),
    ],
)
def test_what_an_agent_may_not_change_costs_no_trial(repo: Path, models: ScriptedModels, edit: str, why: str) -> None:
    """Limits, a command line and hosts are refused with the key named, and no inner campaign is run."""
    models.command = f"sed -i '{edit}' program.md"
    done = overnight(repo, "meta", "run", "--tag", TAG, "--plain", "--no-report")
    assert done.returncode in {1, 2}, done.stderr
    events = recorded(repo, TAG)
    concluded = [event.conclusion for event in events if isinstance(event, Concluded)]
    assert concluded and {one.verdict.value for one in concluded} == {"reject"}
    assert all(why in one.reason for one in concluded), concluded[0].reason
    assert not any(isinstance(event, TrialFinished) for event in events)
