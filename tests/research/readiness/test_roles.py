"""Whether each role can be played, before anything is spent: real programs on PATH, real servers on loopback."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from agent_settings import KEY, forget_settings, install, only_git, provide
from scripted_models import ScriptedModels

from overnight.agents.templates import TEMPLATES
from overnight.errors import UserError
from overnight.models import local_servers
from overnight.program.parser import parse_program
from overnight.program.program import Program, ResearcherSpec
from overnight.research.readiness.needs import program_of
from overnight.research.readiness.role import RoleReadiness
from overnight.research.readiness.roles import lasting_gaps, require_roles, role_notes, surroundings_of, try_roles

DEAD = "http://127.0.0.1:9"  # the discard port, where nothing listens
OWN = ResearcherSpec(role="explorer", use="agent", model="m1")
CLAUDE = ResearcherSpec(role="claudius", use="command", template="claude")
TUNER = ResearcherSpec(role="tuner", use="tuner")
FRONT = "---\nmetric: {name: loss, direction: minimize}\nmeasure: python train.py\neditable: [train.py]\n---\n# Go\n"


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no provider, no settings and no server of models from this machine."""
    forget_settings(tmp_path, monkeypatch)
    monkeypatch.setattr(local_servers, "PORTS", ())


def program(*specs: ResearcherSpec, front: str = "") -> Program:
    """A program with these roles."""
    return replace(parse_program(FRONT.replace("---\n# Go", f"{front}\n---\n# Go"), path="program.md"), researchers=specs)


def tried(tmp_path: Path, *specs: ResearcherSpec, front: str = "") -> Sequence[RoleReadiness]:
    """The roles of a program; nothing of it ever has the key in it."""
    found = asyncio.run(try_roles(program(*specs, front=front), tmp_path))
    assert KEY not in repr(found)
    return found


def only_problem(role: RoleReadiness) -> tuple[str, str]:
    """Reason and fix of the one thing that is wrong, which is fatal."""
    [problem] = role.problems
    assert problem.fatal and not role.ready
    return problem.why, problem.fix


def test_a_program_without_agents_reads_no_settings(tmp_path: Path) -> None:
    """Its roles are ready, even if the settings are wrong."""
    (tmp_path / "settings.toml").write_text("nonsense")
    assert [(role.ready, role.problems) for role in tried(tmp_path, TUNER)] == [(True, ())]
    assert lasting_gaps(program(TUNER), tmp_path) == frozenset()
    with pytest.raises(UserError, match="is not TOML"):
        tried(tmp_path, OWN)


def test_a_role_that_can_be_played_says_by_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """Through which provider, and where its key is; no call is made."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, "claude", "true")
    own, claude = tried(tmp_path, OWN, CLAUDE)
    assert own.ready and claude.ready and not own.problems and not claude.problems
    assert (own.player, own.provider, claude.player) == ("our own agent", "p", "claude")
    assert own.route.endswith("key in KEY_OF_P") and not models.asked
    assert {seen.method for seen in models.seen} == {"GET"}


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("e401", ("p refuses its key: 401 scripted 401", "check the account and its key: p at 127.0.0.1")),
        ("e403", ("p refuses its key: 403", "key in KEY_OF_P")),
        ("dead", ("p cannot be reached: no connection: Connection refused", "check its address and the network: p at ")),
    ],
)
def test_a_provider_that_serves_nobody_is_told_with_its_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str, words: tuple[str, str]
) -> None:
    """It may come back while the campaign runs, so the role is not given up for good."""
    provide(tmp_path, monkeypatch, DEAD if mode == "dead" else models.url(mode))
    [role] = tried(tmp_path, OWN)
    said = only_problem(role)
    assert words[0] in said[0] and words[1] in said[1] and not role.lasting
    assert lasting_gaps(program(OWN), tmp_path) == frozenset()


@pytest.mark.parametrize(
    ("mode", "why"), [("e429q", "the quota of p is used up: 429 You exceeded"), ("e500", "p gives no answer now: 500")]
)
def test_what_passes_by_itself_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels, mode: str, why: str
) -> None:
    """The campaign waits for a quota, and tries a busy provider again."""
    provide(tmp_path, monkeypatch, models.url(mode))
    [role] = tried(tmp_path, OWN)
    assert role.ready and [(each.fatal, why in each.why) for each in role.problems] == [(False, True)]
    require_roles([role], "program.md")
    assert role_notes([role])[0].startswith(f"the role `explorer`: {why}")


def test_a_missing_key_is_missing_for_the_whole_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set; a command that fails may work later."""
    provide(tmp_path, monkeypatch, DEAD)
    monkeypatch.delenv("KEY_OF_P")
    [role] = tried(tmp_path, OWN)
    assert only_problem(role) == ("the key of p is missing: KEY_OF_P is not set", "set KEY_OF_P") and role.lasting
    text = f'[[providers]]\nname = "p"\nbase_url = "{DEAD}"\nwires = ["anthropic"]\nkey_command = "exit 3"\n'
    (tmp_path / "settings.toml").write_text(text)
    [role] = tried(tmp_path, OWN)
    why, fix = only_problem(role)
    assert (
        why == "the key of p is missing: its key_command exited with 3" and "key by its key_command" in fix and not role.lasting
    )


def test_without_a_provider_the_variables_and_a_server_found_here_are_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The server is offered with the command that has it used, and is asked for its list alone."""
    [role] = tried(tmp_path, OWN)
    why, fix = only_problem(role)
    assert (
        why == "no provider of models is set up" and fix.startswith("set ANTHROPIC_API_KEY or OPENAI_API_KEY") and role.lasting
    )
    models.canned("v1", {"data": [{"id": "m1", "owned_by": "llamacpp"}]})
    port = models.server_address[1]
    monkeypatch.setattr(local_servers, "PORTS", (port,))
    _, fix = only_problem(tried(tmp_path, OWN)[0])
    assert f", or use llama.cpp, found at 127.0.0.1:{port}: printf " in fix and not models.asked
    provide(tmp_path, monkeypatch, DEAD)
    assert f", or use llama.cpp, found at 127.0.0.1:{port}: printf " in only_problem(tried(tmp_path, OWN)[0])[1]


def test_one_dead_provider_of_two_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """The role is ready, and the order in which providers are asked starts with the living one."""
    dead = f'[[providers]]\nname = "dead"\nbase_url = "{DEAD}"\nwires = ["openai-chat"]\n'
    provide(tmp_path, monkeypatch, models.url("ok"), dead)
    [role] = tried(tmp_path, OWN)
    assert role.ready and role.provider == "p"
    assert [(each.fatal, each.why[:4], each.fix[:8]) for each in role.problems] == [(False, "dead", "start it")]


def test_a_living_provider_that_a_program_cannot_use_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """claude speaks one wire, and its provider is dead; our own agent goes on with the other."""
    install(tmp_path, monkeypatch, "claude", "true")
    settings = f'[[providers]]\nname = "a"\nbase_url = "{DEAD}"\nwires = ["anthropic"]\n[[providers]]\nname = "o"\n'
    (tmp_path / "settings.toml").write_text(f'{settings}base_url = "{models.url("ok")}"\nwires = ["openai-chat"]\n')
    own, claude = tried(tmp_path, OWN, CLAUDE)
    assert own.ready and own.provider == "o"
    why, fix = only_problem(claude)
    assert why.startswith("a cannot be reached")
    assert fix.endswith(", or have the role played by agent or opencode, which can use o: claude cannot")


def test_a_missing_program_is_told_with_all_else_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every template, over ACP, and for a command of the user's; so one round of fixes is enough."""
    only_git(tmp_path, monkeypatch)
    for name, template in TEMPLATES.items():
        [role] = tried(tmp_path, ResearcherSpec(role="r", use="command", template=name))
        program, provider = role.fatal
        assert (program.why, program.fix) == (f"there is no program `{name}` on PATH", template.install) and role.lasting
        assert provider.why == "no provider of models is set up"
    [role] = tried(tmp_path, ResearcherSpec(role="r", use="acp", command="gemini --acp"))
    assert role.fatal[0].fix == TEMPLATES["gemini"].install
    why, _ = only_problem(tried(tmp_path, ResearcherSpec(role="r", use="command", command="my-agent --stdin"))[0])
    assert why == "there is no program `my-agent` on PATH"
    why, _ = only_problem(tried(tmp_path, ResearcherSpec(role="r", use="command", command="tools/agent.sh"))[0])
    assert why == "there is no file `tools/agent.sh`, which its command runs"
    why, _ = only_problem(tried(tmp_path, ResearcherSpec(role="r", use="command", command=f"./{'a' * 300}"))[0])
    assert why.startswith("there is no file `./aaa")  # nor can there be one


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("my-agent --stdin", "my-agent"),
        ("exec A=1 B=2 my-agent 'x;y' >log", "my-agent"),
        ("./agent.sh", "./agent.sh"),
        ("my-agent || other", ""),  # another may stand in
        ("cd x && my-agent", ""),
        ("PATH=$PWD/tools:$PATH my-agent", ""),  # it is looked for elsewhere
        ("(my-agent)", ""),
        ("if true; then my-agent; fi", ""),
        ("test -f x", ""),
        ("$AGENT run", ""),
        ("`which x` run", ""),
        ("~/agent", ""),
        ("my-\\\nagent", "my-agent"),
        ("a\nb", ""),
        ("'unfinished", ""),
        ("", ""),
        ("# nothing", ""),
    ],
)
def test_only_a_program_that_a_command_is_sure_to_start_is_looked_for(command: str, expected: str) -> None:
    """A shell knows ways to do without one, and then nothing is said."""
    assert program_of(command) == expected


def test_the_nearest_models_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """For a misspelt name; a provider that has a model, or one that has every name, is told nothing."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    models.listed, models.absent = ["Coder-Large\x1b[2J", "coder-small", "painter"], {"coder-larg"}
    [role] = tried(tmp_path, replace(OWN, model="coder-larg"))
    why, fix = only_problem(role)
    assert (why, fix) == ("p has no model `coder-larg`", "correct `model`: close names are Coder-Large\\x1b[2J, coder-small")
    assert tried(tmp_path, replace(OWN, model="coder-small"))[0].problems == ()
    assert tried(tmp_path, replace(OWN, model="an-alias"))[0].problems == ()


def test_our_agent_needs_a_model_by_name_unless_there_is_one_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels
) -> None:
    """The names that there are come with it."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    why, fix = only_problem(tried(tmp_path, replace(OWN, model=""))[0])
    assert (why, fix) == ("no model is named for p", "write `model:` in the role's entry: it has scripted")
    models.owner = "llamacpp"
    assert tried(tmp_path, replace(OWN, model=""))[0].problems == ()


def test_a_budget_in_dollars_needs_a_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """Else it refuses every call, all session long; a model that the agent chooses for itself is not known."""
    provide(tmp_path, monkeypatch, models.url("ok"))
    install(tmp_path, monkeypatch, "claude", "true")
    own, claude = tried(tmp_path, OWN, CLAUDE, front="budget: {cost_usd: 1}")
    why, fix = only_problem(own)
    assert why.endswith("the price of m1 is not known") and "`prices`" in fix and own.lasting and claude.ready
    provide(tmp_path, monkeypatch, models.url("ok"), "[prices.m1]\ninput = 1\noutput = 1\n")
    assert tried(tmp_path, OWN, front="budget: {cost_usd: 1}")[0].ready


def test_a_session_needs_somebody_who_proposes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nobody it is a mistake, with each role's reason; with somebody there is a line for each of the others."""
    only_git(tmp_path, monkeypatch)
    critic = replace(CLAUDE, role="critic")
    with pytest.raises(UserError) as caught:
        require_roles(tried(tmp_path, OWN, CLAUDE, critic), "program.md")
    assert str(caught.value).startswith(
        "program.md: the role `explorer` cannot be played: no provider of models is set up; set "
    )
    assert [note[:47] for note in caught.value.notes] == ["nor can `claudius`: there is no program `claude"]
    roles = tried(tmp_path, TUNER, OWN, critic)
    require_roles(roles, "program.md")
    explorer, reviewer = role_notes(roles)
    assert explorer.startswith("the role `explorer` is left out: no provider of models is set up (fix: set ")
    assert reviewer.startswith("the role `critic` is left out, so proposals are not reviewed: there is no program `claude`")
    assert lasting_gaps(program(TUNER, OWN, critic), tmp_path) == {"explorer", "critic"}


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: ScriptedModels) -> None:
    """As most people set it up: a key, and perhaps a base URL."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", models.url("ok"))
    assert tried(tmp_path, OWN)[0].ready and models.seen[0].headers["x-api-key"] == os.environ["ANTHROPIC_API_KEY"]
    assert KEY not in repr(surroundings_of(program(OWN), tmp_path))
