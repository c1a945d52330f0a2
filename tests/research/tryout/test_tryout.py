"""`overnight agents test`: one tiny edit by each researcher, in a real jail and through the real gateway."""

import json
import shlex
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from agent_settings import KEY, forget_settings, install, only_git, provide
from processes import gone
from scripted_models import Reply, ScriptedModels
from targets import COMMAND, make_repo, overnight, program, started

from overnight.agents.templates import TEMPLATES

EDIT = "sed -i 's/RATE = 0.1/RATE = 0.2/' train.py"
SAYS = "echo 'HYPOTHESIS: as was asked'"
TRACE = "86399.0625"  # how long a program of a test sleeps, by which it is found
ASK = """
import json, os, urllib.request
body = {"model": os.environ["ANTHROPIC_MODEL"], "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})).read()
"""
ACP = """
import json, subprocess, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked["method"] == "session/prompt":
        subprocess.run(EDIT, shell=True, check=True)
    answer = {"protocolVersion": 1, "sessionId": "s", "stopReason": "end_turn"}
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)
""".replace("EDIT", repr(EDIT))

Json = dict[str, Any]  # what a command prints


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider and no settings from this machine."""
    forget_settings(tmp_path, monkeypatch)


def tried(folder: Path, *arguments: str, check: int = 0) -> Json:
    """What `agents test --json` prints, which never has the key in it."""
    done = overnight(folder, "agents", "test", *arguments, "--json", check=check)
    assert KEY not in done.stdout + done.stderr
    found: Json = json.loads(done.stdout)
    assert found["edited"] is (check == 0)
    return found


def test_our_agent_is_asked_for_an_edit_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The server's truth: 2 calls, 2,200 tokens in, 800 of them cached, 100 out, at the price of the settings."""
    models.command = EDIT
    provide(tmp_path, monkeypatch, models.url("ok"), '[prices."m1"]\ninput = 1.0\ncached = 0.5\noutput = 10.0\n')
    found = tried(tmp_path, "agent", "--model", "m1")
    assert (found["calls"], found["input_tokens"], found["cached_tokens"], found["output_tokens"]) == (2, 2_200, 800, 100)
    assert found["cost_usd"] == pytest.approx((1_400 + 400 + 1_000) / 1e6)
    assert "+RATE = 0.2" in found["diff"] and found["hypothesis"] == "it is better" and found["models"] == ["p: m1"]
    assert 0 <= found["first_call_s"] <= found["seconds"] and found["first_token_s"] > 0
    assert all(seen.headers["authorization"] == f"Bearer {KEY}" for seen in models.seen)
    assert found["notes"] == [] and {seen.method for seen in models.seen[:2]} == {"GET"}
    done = overnight(tmp_path, "agents", "test", "agent", "--model", "m1", check=0)
    assert "+RATE = 0.2" in done.stdout and "2,200 tokens in (800 of them cached), 100 out" in done.stdout
    assert "at most 60,000 tokens" in done.stderr and "$0.0028 of at most $0.10" in done.stdout
    assert list(tmp_path.iterdir()) == [tmp_path / "settings.toml"]


def chat(text: str) -> Reply:
    """An answer of a model in words."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
    return Reply(body=json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}).encode())


def test_the_best_form_of_an_editor_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Each form is tried, the model's own is offered for program.md, and all calls are counted together."""
    provide(tmp_path, monkeypatch, models.url("words"))
    models.replies["words"] = chat('train.py\n```python\nRATE = 0.2\n\nprint(f"METRIC loss={RATE}")\n```\nHYPOTHESIS: as asked')
    found = tried(tmp_path, "editor", "--model", "m1")
    outcomes = [(form["form"], form["edited"], form["calls"]) for form in found["forms"]]
    assert outcomes == [("search-replace", False, 2), ("diff", False, 2), ("lines", False, 2), ("file", True, 1)]
    assert "no edit in your answer" in found["forms"][0]["reason"]
    assert found["write"] == "{role: explorer, use: editor, model: m1, edit_form: file}"
    assert (found["calls"], found["hypothesis"]) == (7, "as asked") and "+RATE = 0.2" in found["diff"]
    shown = overnight(tmp_path, "agents", "test", "editor", "--model", "m1", check=0).stdout
    assert "form  file                 works\n" in shown and "write - {role: explorer, use: editor" in shown


def test_a_form_that_was_not_tried_says_why_and_each_other_has_a_line_of_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """When the tokens of the whole test are spent, or the server is gone; the limit that is printed is that of all forms."""
    provide(tmp_path, monkeypatch, models.url("words"))
    models.replies["words"] = chat("Which file?")
    done = overnight(tmp_path, "agents", "test", "editor", "--model", "m1", "--tokens", "2000", check=1)
    assert "in each of 4 forms: at most 2,000 tokens and 300 s for all together\n" in done.stderr
    assert "form  search-replace       " in done.stderr and "so far)\n" in done.stderr
    assert done.stderr.count("\nform  ") == 1 and done.stdout.count("\nform  ") == 4
    for form in ("diff", "lines", "file"):
        assert f"form  {form:20} not tried: the budget of tokens is spent" in done.stdout
    provide(tmp_path, monkeypatch, models.url("e401"))
    forms = tried(tmp_path, "editor", "--model", "m1", check=1)["forms"]
    assert forms == []  # it is known before anything is asked
    provide(tmp_path, monkeypatch, models.url("o1e500"))
    forms = tried(tmp_path, "editor", "--model", "m1", check=1)["forms"]
    assert [form["form"] for form in forms if not form["tried"]] == ["diff", "lines", "file"]
    assert all("500" in form["reason"] for form in forms)


def test_no_form_is_tried_after_the_time_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The limit is not allowed anew for each form, and the rest say that it is over."""
    provide(tmp_path, monkeypatch, models.url("hang"))
    found = tried(tmp_path, "editor", "--model", "m1", "--seconds", "1", check=1)
    assert models.asked["hang"] == 1 and "did not end within" in found["reason"] and "--seconds" in found["fix"]
    assert [form["form"] for form in found["forms"]] == ["search-replace", "diff", "lines", "file"]
    assert not any(form["edited"] for form in found["forms"]) and not found["forms"][3]["tried"]


def test_all_forms_together_keep_the_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Dollars are not allowed anew for each form, and the time that is reported is that of all of them."""
    provide(tmp_path, monkeypatch, models.url("words"), '[prices."m1"]\ninput = 20.0\noutput = 0.0\n')
    models.replies["words"] = chat("Which file?")
    found = tried(tmp_path, "editor", "--model", "m1", "--cost-usd", "0.05", check=1)
    assert found["cost_usd"] <= 0.05 + 0.02  # and what one call costs
    asked = [seen.at_s for seen in models.seen if seen.method == "POST"]
    assert found["seconds"] > asked[-1] - asked[0]


def test_the_form_that_a_program_names_is_the_only_one_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A role is tested as it is declared; an editor that answers no form fails with the reason."""
    provide(tmp_path, monkeypatch, models.url("words"))
    models.replies["words"] = chat("```\n- RATE = 0.1\n+ RATE = 0.2\n```\nHYPOTHESIS: as asked")
    declared = '  - {role: drafter, use: editor, model: m1, edit_form: lines}\nmeasure: "true"'
    text = program(("a", "b")).replace("measure: python train.py {seed}\n", "").replace("\n---\n#", f"\n{declared}\n---\n#")
    repo = make_repo(tmp_path / "r", text)
    found = tried(repo, "drafter")
    assert (found["calls"], found["forms"], found["write"]) == (1, [], "")
    models.replies["words"] = chat("Which file?")
    assert "no edit in your answer" in tried(repo, "drafter", check=1)["reason"]


def test_a_provider_that_does_not_answer_is_not_asked_for_each_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """A refused key is told at once, as for our agent."""
    provide(tmp_path, monkeypatch, models.url("e401"))
    assert "401" in tried(tmp_path, "editor", "--model", "m1", check=1)["reason"]
    assert models.asked["e401"] <= 2


def test_a_cost_without_a_price_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """The test's own limit in dollars does not refuse it; one that the user gives does."""
    models.command = EDIT
    provide(tmp_path, monkeypatch, models.url("ok"))
    assert tried(tmp_path, "agent", "--model", "m1")["cost_usd"] is None
    asked = models.asked["ok"]
    assert "price of m1" in tried(tmp_path, "agent", "--model", "m1", "--cost-usd", "0.01", check=1)["reason"]
    assert models.asked["ok"] == asked


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_a_template_s_program_edits_in_the_jail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, name: str
) -> None:
    """Whatever program of that name is on PATH."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, name, f"cat >/dev/null\n{EDIT}\n{SAYS}")
    found = tried(tmp_path, name)
    assert (found["use"], found["hypothesis"], found["calls"]) == ("command", "as was asked", 0)


def test_a_program_s_calls_go_through_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """It has no key, and what it uses is counted."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, "claude", f"python3 -c {shlex.quote(ASK)} && ! env | grep {KEY} && {EDIT}; {SAYS}")
    found = tried(tmp_path, "claude", "--model", "m1")
    assert (found["calls"], found["input_tokens"], found["models"]) == (1, 1_000, ["p: m1"])
    assert [seen.headers["x-api-key"] for seen in models.seen if seen.method == "POST"] == [KEY]


def test_a_program_that_speaks_acp_is_asked(tmp_path: Path) -> None:
    """Also without any model of ours."""
    command = f"exec python3 -IS -c {shlex.quote(ACP)}"
    assert "+RATE = 0.2" in tried(tmp_path, f"acp:{command}")["diff"]


def test_the_tuner_needs_nothing(tmp_path: Path) -> None:
    """No model, no key."""
    found = tried(tmp_path, "tuner")
    assert found["calls"] == 0 and "RATE" in found["diff"]
    assert "uses no model" in overnight(tmp_path, "agents", "test", "tuner", "--model", "m1", check=2).stderr


def test_a_role_of_the_program_is_tried_as_it_is_declared(tmp_path: Path) -> None:
    """Roles go before the names that we know; nothing is left in the repository."""
    declared = f'  - {{role: agent, use: command, command: "{EDIT}; {SAYS}", limits: {{wall: 9s}}}}\nmeasure: "true"'
    text = program(("a", "b")).replace("measure: python train.py {seed}\n", "").replace("\n---\n#", f"\n{declared}\n---\n#")
    repo = make_repo(tmp_path / "r", text)
    assert tried(repo, "agent")["use"] == "command"
    assert not (repo / ".overnight").exists()
    assert "nothing to test" in overnight(repo, "agents", "test", "script", check=2).stderr


def test_a_command_made_for_the_repository_is_not_tried_elsewhere(tmp_path: Path) -> None:
    """It would fail for lack of its own files, which says nothing about it; the fix is a campaign of one experiment."""
    declared = '  - {role: mine, use: command, command: "sh tools/agent.sh train.py"}\nmeasure: "true"'
    text = program(("a", "b")).replace("measure: python train.py {seed}\n", "").replace("\n---\n#", f"\n{declared}\n---\n#")
    repo = make_repo(tmp_path / "r", text, files={"tools/agent.sh": "true\n"})
    found = tried(repo, "mine", check=1)
    assert "`tools/agent.sh` of this repository" in found["reason"] and "overnight run --experiments 1" in found["fix"]


def test_what_is_missing_is_reported_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program, with how to install it; the provider; the key. An unknown name is a mistake."""
    only_git(tmp_path, monkeypatch)
    for name, template in TEMPLATES.items():
        found = tried(tmp_path, name, check=1)
        assert found["reason"].startswith(f"there is no program `{name}` on PATH, and no provider of models is set up")
        assert found["fix"].startswith(f"{template.install}, and set ")
    assert tried(tmp_path, "acp:opencode acp", check=1)["fix"].startswith(TEMPLATES["opencode"].install)
    assert "ANTHROPIC_API_KEY" in tried(tmp_path, "agent", check=1)["fix"]
    provide(tmp_path, monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setenv("KEY_OF_P", " ")
    assert "KEY_OF_P is not set" in tried(tmp_path, "agent", check=1)["reason"]
    assert "acp:COMMAND" in overnight(tmp_path, "agents", "test", "nobody", check=2).stderr


@pytest.mark.parametrize("mode", ["e401", "f401x99"])
def test_a_refused_key_is_reported_with_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str
) -> None:
    """For our agent, and for a program whose own words do not matter; before it is asked, unless only calls are refused."""
    provide(tmp_path, monkeypatch, models.url(mode))
    install(tmp_path, monkeypatch, "claude", f"python3 -c {shlex.quote(ASK)} 2>/dev/null; {SAYS}")
    for name in ("agent", "claude"):
        found = tried(tmp_path, name, "--model", "m1", check=1)
        assert "401" in found["reason"] and "KEY_OF_P" in found["fix"] and found["calls"] == 0
    done = overnight(tmp_path, "agents", "test", "agent", "--model", "m1", check=1)
    assert done.stdout.startswith("FAIL  agent: ") and "\n      fix: " in done.stdout


@pytest.mark.parametrize(
    ("mode", "explained"), [("e429q", ("exceeded your current quota", "try again in")), ("e500", ("500", "whether it answers"))]
)
def test_a_provider_that_is_out_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str, explained: tuple[str, str]
) -> None:
    """A spent quota with when it is back; a broken server at once, for a person waits."""
    provide(tmp_path, monkeypatch, models.url(mode))
    found = tried(tmp_path, "agent", "--model", "m1", check=1)
    assert explained[0] in found["reason"] and explained[1] in found["fix"]


def test_a_spent_budget_ends_it_within_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """What was used is reported anyway."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    found = tried(tmp_path, "agent", "--model", "m1", "--tokens", "1k", check=1)
    assert "the budget of tokens is spent" in found["reason"] and "--tokens" in found["fix"]
    assert (found["calls"], found["output_tokens"], found["most_tokens"]) == (1, 50, 1_000)


@pytest.mark.parametrize(
    ("script", "explained"),
    [
        ("echo I would rather not", ("without a change", "run it by hand")),
        (f"{EDIT}; echo >> program.md", ("`program.md`", "--model")),
        ("echo '# more' >> train.py", ("no code", "--model")),
        ("printf 'a\\033[2Jb\\n'; exit 4", ("exited with 4: a\\x1b[2Jb", "run it by hand")),
    ],
)
def test_an_agent_without_an_edit_within_scope_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, script: str, explained: tuple[str, str]
) -> None:
    """An exit code of 0 and friendly words do not count."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, "claude", script)
    found = tried(tmp_path, "claude", check=1)
    assert explained[0] in found["reason"] and explained[1] in found["fix"]


def test_a_program_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """After the seconds that it was given."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, "claude", f"sleep {TRACE} & sleep {TRACE}")
    found = tried(tmp_path, "claude", "--seconds", "1", check=1)
    assert "did not end within 1.0 s" in found["reason"] and "--seconds" in found["fix"] and gone(TRACE)


def test_an_agent_that_tries_again_and_again_is_reported_with_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The provider's words, not only that the time is over."""
    provide(tmp_path, monkeypatch, models.url("f401x99"))
    install(tmp_path, monkeypatch, "claude", f"python3 -c {shlex.quote(ASK)} 2>/dev/null; sleep {TRACE}")
    found = tried(tmp_path, "claude", "--model", "m1", "--seconds", "3", check=1)
    assert "401" in found["reason"] and "KEY_OF_P" in found["fix"]


def test_ctrl_c_ends_it_with_nothing_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """While a call is under way."""
    provide(tmp_path, monkeypatch, models.url("hang"))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    install(tmp_path, monkeypatch, "claude", f"sleep {TRACE} & python3 -c {shlex.quote(ASK)}")
    command = (COMMAND, "agents", "test", "claude", "--model", "m1")
    with started(command, tmp_path, stderr=subprocess.PIPE) as asked:
        while not models.asked["hang"]:
            with suppress(subprocess.TimeoutExpired):
                asked.wait(0.05)
            assert asked.returncode is None
        asked.send_signal(signal.SIGINT)
        said, problem = asked.communicate(timeout=60)
    assert (asked.returncode, said) == (130, "") and "nothing is left running" in problem
    assert gone(TRACE) and list(temporary.iterdir()) == []


def test_a_claim_is_held_against_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """A small model says that it made an edit which it never made, or another one: the folder counts, and the test says so."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    models.text = "I changed RATE in train.py from 0.1 to 0.2.\nHYPOTHESIS: RATE set to 0.2 is significantly better"
    found = tried(tmp_path, "agent", "--model", "m1", check=1)
    assert found["reason"].startswith(
        "it says that it changed RATE, but no file changed; it ended without a change: HYPOTHESIS"
    )
    assert "another model" in found["fix"] and "too small for an agent: try `overnight agents test editor`" in found["fix"]
    models.owner = "llamacpp"  # which has one model, and needs no name of it
    assert tried(tmp_path, "agent", check=1)["fix"].startswith("the model may be too small for an agent")
    models.command = "sed -i 's/RATE = 0.1/RATE = 0.25/' train.py"
    assert tried(tmp_path, "agent", "--model", "m1")["notes"] == [
        "it says that RATE is 0.2 now, but train.py has `RATE = 0.25`"
    ]
