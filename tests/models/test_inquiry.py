"""What a provider says of itself: one fault after another, asked for over HTTP without a call."""

import asyncio
import json
import socket
import threading

import pytest
from gateways import DEAD, provider
from scripted_models import Reply, ScriptedModels

from overnight.models import inquiry
from overnight.models.inquiry import inquire
from overnight.models.provider import Provider
from overnight.models.provider_facts import Presence, ProviderFacts, Trouble
from overnight.models.usage import Wire

KEY = "sk-this-is-the-key-of-the-test"
ENVIRONMENT = {"KEY": KEY}


def facts(asked: Provider, *wanted: str, **environment: str) -> ProviderFacts:
    """What one provider says."""
    return asyncio.run(inquire([asked], {asked.name: wanted}, {**ENVIRONMENT, **environment}))[asked.name]


@pytest.mark.parametrize("wire", list(Wire))
def test_its_models_are_asked_for_with_its_key_and_no_call(models: ScriptedModels, wire: Wire) -> None:
    """In each wire, at its own path and with its own header; a model that is listed, and one that only answers by its name."""
    models.listed = ["m1", "m2"]
    found = facts(provider(models, "ok", wires=(wire,), key_env="KEY"), "m1", "an-alias")
    assert found == ProviderFacts(models=("m1", "m2"), presence={"m1": Presence.THERE, "an-alias": Presence.THERE})
    assert {seen.method for seen in models.seen} == {"GET"} and not models.asked
    version = "/v1beta" if wire is Wire.GEMINI else "/v1"
    assert all(seen.path.startswith(f"{version}/models") for seen in models.seen)
    assert all(KEY in "".join(seen.headers.values()) for seen in models.seen)


def test_whether_a_model_must_be_named_is_known(models: ScriptedModels) -> None:
    """llama.cpp has one for every request; others do not choose."""
    assert facts(provider(models, "ok"), "").presence == {"": Presence.ABSENT}
    models.owner = "llamacpp"
    assert facts(provider(models, "ok"), "").presence == {"": Presence.THERE}
    models.listed = []
    assert facts(provider(models, "ok"), "").presence == {"": Presence.UNKNOWN}


def test_a_model_that_it_does_not_have_is_told_from_one_that_is_not_listed(models: ScriptedModels) -> None:
    """An error that names the model is a proof; a path that the server does not know, or its list alone, is none."""
    models.absent = {"m9"}
    assert facts(provider(models, "ok"), "m9").presence == {"m9": Presence.ABSENT}
    models.canned("list", {"data": [{"id": "m1"}]})
    assert facts(provider(models, "list"), "m9").presence == {"m9": Presence.UNLISTED}


@pytest.mark.parametrize(
    ("owner", "listed", "expected"),
    [
        ("llamacpp", ["/models/x.gguf"], Presence.THERE),  # it answers whatever is asked for
        ("llamacpp", ["a", "b"], Presence.ABSENT),  # it routes by name
        ("vllm", ["a"], Presence.ABSENT),  # its list is all that it has
        ("library", ["m9:latest"], Presence.THERE),
    ],
)
def test_local_servers_have_ways_of_their_own(
    models: ScriptedModels, owner: str, listed: list[str], expected: Presence
) -> None:
    """llama.cpp has one model for every name, vLLM lists all that it has, Ollama adds `:latest`."""
    models.listed, models.owner, models.absent = listed, owner, {"m9"}
    assert facts(provider(models, "ok"), "m9").presence == {"m9": expected}


@pytest.mark.parametrize(
    ("mode", "trouble", "why"),
    [
        ("e401", Trouble.KEY, "401 scripted 401"),
        ("e403", Trouble.KEY, "403 scripted 403"),
        ("e429q", Trouble.QUOTA, "429 You exceeded your current quota"),
        ("e429", Trouble.BUSY, "429 scripted 429"),
        ("e500", Trouble.BUSY, "500 scripted 500"),
        ("cut", Trouble.BUSY, "broke off"),
        ("dead", Trouble.ADDRESS, "no connection: Connection refused"),
    ],
)
def test_each_fault_is_named(models: ScriptedModels, mode: str, trouble: Trouble, why: str) -> None:
    """A person has to act on the key and on the address; a quota and a busy provider come back by themselves."""
    models.replies["cut"] = Reply(body=b"{", cut=True)
    found = facts(provider(models, mode), "m1")
    assert (found.trouble, found.models, found.presence) == (trouble, (), {}) and why in found.why
    assert found.out is (trouble in {Trouble.KEY, Trouble.ADDRESS})


def test_a_host_that_does_not_exist_and_a_redirect_are_a_wrong_address(models: ScriptedModels) -> None:
    """A redirect is not followed: the key would go along."""
    assert (
        facts(Provider(name="p", base_url="https://no-such-host.invalid", wires=(Wire.ANTHROPIC,))).trouble is Trouble.ADDRESS
    )
    models.replies["moved"] = Reply(status=302, headers={"Location": models.url("ok")})
    found = facts(provider(models, "moved", key_env="KEY"))
    assert found.trouble is Trouble.ADDRESS and "302" in found.why and [seen.mode for seen in models.seen] == ["moved"]


def test_a_key_that_cannot_be_read_is_said_without_asking(models: ScriptedModels) -> None:
    """Nothing is sent, and neither a value nor what a command printed is shown."""
    found = facts(provider(models, "ok", key_env="OTHER"))
    assert found.trouble is Trouble.NO_KEY and found.why.startswith("OTHER is not set")
    found = facts(provider(models, "ok", key_command=f"echo {KEY}; exit 3"))
    assert found.trouble is Trouble.NO_KEY and "exited with 3" in found.why and KEY not in found.why
    assert models.seen == []
    assert facts(provider(models, "ok", key_command=f"echo {KEY}")).trouble is None
    assert models.seen[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"{}"),
        (405, b""),
        (400, b'{"error": "no such thing"}'),
        (403, b'{"error": {"message": "Missing scopes: api.model.read"}}'),
        (200, b"<html>welcome</html>"),
        (200, b"[" * 100_000),
        (200, b'{"data": 5}'),
        (200, b'{"data": [7, null, {"id": 5}, {"id": ""}, [], "x"]}'),
    ],
)
def test_a_provider_without_such_a_list_is_unknown_and_never_failed(models: ScriptedModels, status: int, body: bytes) -> None:
    """No such path, a key that may not list, or an answer in another form: nothing is known against it."""
    models.replies["odd"] = Reply(status=status, body=body)
    assert facts(provider(models, "odd"), "m1") == ProviderFacts(presence={"m1": Presence.UNKNOWN})


def test_its_words_are_fit_to_show(models: ScriptedModels) -> None:
    """Escapes are made visible, the key is hidden though the provider repeats it, and a long text is cut."""
    words = f"your key {KEY} \x1b[2J is wrong " + "x" * 10_000
    models.replies["rude"] = Reply(status=401, body=json.dumps({"error": {"message": words}}).encode())
    why = facts(provider(models, "rude", key_env="KEY")).why
    assert KEY not in why and "\x1b" not in why and "your key" in why and len(why) <= 200


def test_a_dead_provider_holds_up_nobody_for_long(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """All are asked at once; one that never answers is given up, the others have answered."""
    monkeypatch.setattr(inquiry, "WAIT_S", 2.5)
    asked = [provider(models, mode) for mode in ("silent", "dead", "ok", "e401")]
    found = asyncio.run(inquire(asked, {}, ENVIRONMENT))
    assert [each.trouble for each in found.values()] == [Trouble.BUSY, Trouble.ADDRESS, None, Trouble.KEY]
    assert found["silent"].why == "no answer within 2.5 s"


def test_an_answer_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its size nor its time is unbounded."""
    monkeypatch.setattr(inquiry, "LARGEST_LIST", 100_000)

    async def ask() -> ProviderFacts:
        async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
            try:
                while True:
                    writer.write(b"[" * 65_536)
                    await writer.drain()
            except ConnectionError:
                writer.close()

        async with await asyncio.start_server(pour, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            asked = Provider(name="p", base_url=f"http://127.0.0.1:{port}", wires=(Wire.OPENAI_CHAT,))
            return (await inquire([asked], {}, {}))["p"]

    assert asyncio.run(ask()).why == "its answer does not end"


def test_the_user_s_proxy_is_used_and_named_without_its_password(models: ScriptedModels) -> None:
    """OpenRouter's list is open to everybody, so that the key itself is asked about, at the path for it."""
    asked = Provider(name="p", base_url="http://openrouter.ai/api/v1", wires=(Wire.OPENAI_CHAT,), key_env="KEY")
    through = f"http://user:secret@127.0.0.1:{models.server_address[1]}"
    models.replies[""] = Reply(body=b'{"data": [{"id": "m1"}]}')
    assert facts(asked, http_proxy=through).models == ("m1",)
    assert [seen.path for seen in models.seen] == ["/openrouter.ai/api/v1/key", "/openrouter.ai/api/v1/models"]
    models.replies[""] = Reply(status=401)
    assert facts(asked, http_proxy=through).trouble is Trouble.KEY
    dead = facts(asked, http_proxy=DEAD.replace("//", "//user:secret@"))
    assert dead.why.endswith("Connection refused, through the proxy 127.0.0.1:9") and "secret" not in dead.why


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:port", "http://127.0.0.1:99999", "http://[::1", "127.0.0.1:3128", "\x1b[31m"]
)
def test_a_proxy_that_is_no_url_is_a_wrong_address(proxy: str) -> None:
    """It is said of the provider, and is no error of ours."""
    found = facts(Provider(name="far", base_url="https://far.test", wires=(Wire.OPENAI_CHAT,)), "m1", HTTPS_PROXY=proxy)
    assert found.trouble is Trouble.ADDRESS
    assert "the proxy that the environment names for it is not a URL" in found.why


def test_a_resolver_without_an_answer_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the question nor the end of the program waits for it."""
    never = threading.Event()
    monkeypatch.setattr(inquiry, "WAIT_S", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: never.wait())
    try:
        found = facts(Provider(name="p", base_url="https://somewhere.example", wires=(Wire.ANTHROPIC,)))
        assert (found.trouble, found.why) == (Trouble.BUSY, "no answer within 0.3 s")
    finally:
        never.set()
