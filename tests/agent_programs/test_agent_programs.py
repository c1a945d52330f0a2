"""Real agent programs as researchers: in the jail, through the gateway, against a server whose words are scripted.

`make test-agents` installs the programs, in the versions of `package.json`, and runs this folder; `make test` does not.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from agent_ways import KEY, KEY_VARIABLE, PROGRAMS, SEARCHED, WAYS, Asked, Way, template, write_repo, write_settings
from scripted_models import CACHED, OUTPUT, ScriptedModels, input_tokens, results_in
from targets import git, overnight, recorded

from overnight.config import VARIABLE
from overnight.models.usage import Wire
from overnight.research.ending import EndReason
from overnight.research.events import Concluded, Event, ModelCalled, ProposalMissed, Proposed, Stopped

TRAIN = "METRIC loss=5.0\n"
# What the model has the agent run: an edit that says what can be seen and reached from where it runs.
PROBE = """\
import json, os, socket, sys

def opens(port):
    try:
        socket.create_connection(("127.0.0.1", int(port)), 5).close()
    except OSError:
        return False
    return True

provider, settings, backwards = sys.argv[1:]  # a key as such would be taken out of the model's answer
key = backwards[::-1]
gateway = os.environ["OVERNIGHT_MODELS"].split(":")[2].split("/")[0]
processes = [open(f"/proc/{name}/environ").read() for name in os.listdir("/proc") if name.isdigit() and name != "1"]
found = {"gateway": opens(gateway), "provider": opens(provider)}
found |= {"settings": os.path.exists(settings), "key": key in str(processes)}
open("train.txt", "w").write("METRIC loss=4.0\\n" + json.dumps(found) + "\\n")
"""
FOUND = {"gateway": True, "provider": False, "settings": False, "key": False}


VARIANTS = [
    template("claude", Wire.ANTHROPIC, model=""),  # the model is its own choice
    template("codex", Wire.OPENAI_RESPONSES, model=""),  # the same, with other tools than for a model that it does not know
    *(template("opencode", wire) for wire in Wire if wire is not Wire.OPENAI_CHAT),
]


@pytest.fixture(autouse=True)
def _agents_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agent programs go before the tools of the system."""
    if not PROGRAMS.is_dir():
        pytest.fail(f"there are no agent programs in {PROGRAMS}: run `make test-agents`")
    monkeypatch.setenv("PATH", SEARCHED)


def repo_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Way, url: str) -> Path:
    """A repository with one researcher, and settings with one provider of its wire."""
    settings = write_settings(tmp_path, [Asked(name="scripted", url=url, wire=way.wire)])
    monkeypatch.setenv(VARIABLE, str(settings))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    return write_repo(tmp_path / "r", way, {"train.txt": TRAIN, "probe.py": PROBE})


def run(repo: Path, check: int) -> Sequence[Event]:
    """One session from the command line, and what its ledger holds then."""
    overnight(repo, "run", "--tag", "t", "--no-report", "--plain", check=check)
    return recorded(repo)


@pytest.mark.parametrize("way", [*WAYS, *VARIANTS], ids=str)
def test_an_agent_program_is_a_researcher(
    way: Way, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its edit is kept, every token of it is counted, and from the jail it reaches the gateway and nothing else."""
    repo = repo_of(tmp_path, monkeypatch, way, models.url("ok"))
    models.command = f"python3 probe.py {models.server_address[1]} {os.environ[VARIABLE]} {KEY[::-1]}"
    events = run(repo, check=0)

    assert [event.reason for event in events if isinstance(event, ProposalMissed)] == []
    assert [event.conclusion.verdict for event in events if isinstance(event, Concluded)] == ["keep"]
    metric, found = git(repo, "show", "autoresearch/t:train.txt").splitlines()
    assert metric == "METRIC loss=4.0"
    assert json.loads(found) == FOUND

    asked = [seen for seen in models.seen if seen.method == "POST"]
    used = [event.usage for event in events if isinstance(event, ModelCalled)]
    assert sorted(usage.input_tokens for usage in used) == sorted(input_tokens(results_in(seen.body)) for seen in asked)
    assert {input_tokens(0), input_tokens(1)} == {usage.input_tokens for usage in used}, "the edit, and the last words"
    assert [(usage.cached_tokens, usage.output_tokens, usage.estimated) for usage in used] == [(CACHED, OUTPUT, 0)] * len(used)
    proposed = next(event for event in events if isinstance(event, Proposed))
    assert proposed.tokens == sum(usage.input_tokens for usage in used) + OUTPUT * len(used)
    assert proposed.hypothesis == "it is better"

    assert all(KEY in json.dumps(dict(seen.headers)) for seen in asked)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_agent_program_without_a_model_ends_the_campaign_with_the_reason(
    way: Way, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the key is refused once work began, the agent stops soon, and it counts as no failed try of its."""
    events = run(repo_of(tmp_path, monkeypatch, way, models.url("f401x99")), check=2)
    stopped = next(event for event in events if isinstance(event, Stopped))
    assert stopped.ending.reason is EndReason.MODELS
    assert "401" in stopped.ending.detail
    assert not any(isinstance(event, Proposed) for event in events)
