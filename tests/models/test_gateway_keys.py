"""Keys: read from where the user keeps them, sent to their provider, and shown nowhere else."""

import asyncio
import json
import pickle
from pathlib import Path

import pytest
from gateways import BODIES, ask, gateway, post, provider
from scripted_models import Reply, ScriptedModels

from overnight.models.breaker import BreakerState
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.words.secret import HIDDEN, Secret
from overnight.words.secret_shapes import hide_shapes

KEY = "sk-proj-THE-KEY-0123456789"


@pytest.mark.parametrize(
    ("wire", "header", "value"),
    [
        (Wire.OPENAI_CHAT, "authorization", f"Bearer {KEY}"),
        (Wire.OPENAI_RESPONSES, "authorization", f"Bearer {KEY}"),
        (Wire.ANTHROPIC, "x-api-key", KEY),
        (Wire.GEMINI, "x-goog-api-key", KEY),
    ],
)
def test_the_agents_key_is_replaced_by_the_real_one(models: ScriptedModels, wire: Wire, header: str, value: str) -> None:
    """Whatever an agent sends as a key is dropped, in a header or in the query; the provider gets the user's."""
    own = {
        "Authorization": "Bearer dummy",
        "x-api-key": "dummy",
        "x-goog-api-key": "dummy",
        "Cookie": "a=dummy",
        "X-Else": "dummy",
    }

    async def walk() -> None:
        path = {
            Wire.OPENAI_CHAT: "/v1/chat/completions",
            Wire.OPENAI_RESPONSES: "/v1/responses",
            Wire.ANTHROPIC: "/v1/messages",
            Wire.GEMINI: "/v1beta/models/m1:generateContent",
        }[wire]
        async with gateway([provider(models, "ok", key_env="REAL")], environment={"REAL": f" {KEY}\n"}) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await post(f"{run.url}{path}?key=dummy", BODIES[wire], own)).status == 200
        [seen] = models.seen
        assert seen.headers[header] == value
        assert "dummy" not in json.dumps(dict(seen.headers)) + seen.path

    asyncio.run(walk())


def test_a_command_gives_the_key_once_and_again_after_a_401(models: ScriptedModels, tmp_path: Path) -> None:
    """The command runs when a key is first needed; a refused key is read again before the account counts as broken."""
    runs = tmp_path / "runs"
    command = f"echo x >> {runs}; echo {KEY}$(wc -l < {runs})"

    async def walk() -> None:
        async with gateway([provider(models, "ok", key_command=command)], environment={"PATH": "/usr/bin:/bin"}) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert [(await ask(run.url)).status for _ in range(3)] == [200] * 3
        assert runs.read_text().count("x") == 1
        runs.unlink()
        async with gateway([provider(models, "f401x1", key_command=command)], environment={"PATH": "/usr/bin:/bin"}) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await ask(run.url)).status == 200
        assert [seen.headers["authorization"] for seen in models.seen[-2:]] == [f"Bearer {KEY}1", f"Bearer {KEY}2"]

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"key_env": "MISSING"}, "MISSING is not set, neither in the environment nor"),
        ({"key_command": "echo secret-output; exit 3"}, "its key_command exited with 3"),
        ({"key_command": "true"}, "is not a key"),
        ({"key_command": "printf 'two\\nlines'"}, "is not a key"),
    ],
)
def test_a_key_that_cannot_be_had_breaks_its_account_only(models: ScriptedModels, source: dict[str, str], why: str) -> None:
    """The next provider answers, and the user sees why, without the command's output."""

    async def walk() -> None:
        async with gateway([provider(models, "ask", **source), provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert models.text in (await ask(run.url)).text
            state = opened.gateway.accounts()[0]
        assert state.standing is BreakerState.BROKEN
        assert state.wait_s is None
        assert why in state.why
        assert "secret-output" not in state.why

    asyncio.run(walk())


def test_a_key_is_in_nothing_that_leaves(models: ScriptedModels, capfd: pytest.CaptureFixture[str]) -> None:
    """It is not in an answer that repeats it, a refusal, an error, the ledger, a repr, or on the screen."""
    echo = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}. Bearer {KEY}"}}).encode()

    async def walk() -> None:
        shown: list[str] = []
        for status in (400, 401, 403, 429, 500):
            models.replies["echo"] = Reply(status=status, body=echo)
            one = provider(models, "echo", key_env="REAL", headers={"X-More": KEY}, key_command="")
            async with gateway([one], environment={"REAL": KEY}) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    shown.append((await ask(run.url)).text)
                    with pytest.raises((ModelsParked, RequestRefused)) as caught:
                        await run.call(Wire.OPENAI_CHAT, {"model": "m1"})
                    shown += [str(caught.value), repr(run), repr(run.refusal), repr(opened.gateway.accounts()), repr(one)]
                    shown += [repr(call) for call in opened.called]
        everything = "\n".join(shown)
        assert "Incorrect API key" in everything
        assert KEY not in everything
        assert "THE-KEY" not in everything

    asyncio.run(walk())
    assert "THE-KEY" not in "".join(capfd.readouterr())


def test_a_secret_shows_nothing() -> None:
    """Not as text, not in a format, not in a container, not pickled."""
    secret = Secret(KEY)
    assert f"{secret} {secret!r} {[secret]} {secret!s:>10}" == f"{HIDDEN} {HIDDEN} [{HIDDEN}]   {HIDDEN}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert secret.reveal() == KEY
    assert secret == Secret(KEY)


@pytest.mark.parametrize(
    "text", ["sk-ant-api03-abcdefgh", "sk-ab***********1234", "AIzaSyA1234567890", "Bearer abc.def", "gsk_abcdefghijk"]
)
def test_what_looks_like_a_key_is_taken_out_of_messages(text: str) -> None:
    """This includes a key that is not ours, or one that the provider partly masked."""
    assert hide_shapes(f"your key {text} is bad") == f"your key {HIDDEN} is bad"
