"""Servers of models on loopback: which is which, and what a hostile one can do."""

import asyncio
import json
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from gateways import provider
from scripted_models import Reply, ScriptedModels

from overnight.models import local_servers
from overnight.models.known_providers import KNOWN
from overnight.models.local_servers import PORTS, LocalServer, find_local_servers, unused
from overnight.models.provider import Provider
from overnight.models.usage import Wire


def found_at(models: ScriptedModels) -> Sequence[LocalServer]:
    """What is found at the server's port and at one where nobody listens."""
    return asyncio.run(find_local_servers([9, models.server_address[1]]))


def lists(models: ScriptedModels, document: Any, **more: Any) -> None:  # Any: JSON, and parts of a reply
    """Have `/v1/models` answer so; the first segment of a path is a mode."""
    models.replies["v1"] = Reply(body=json.dumps(document).encode(), **more)


@pytest.mark.parametrize(
    ("owner", "kind", "title"),
    [
        ("library", "ollama", "Ollama"),
        ("llamacpp", "llamacpp", "llama.cpp"),
        ("vllm", "vllm", "vLLM"),
        ("organization_owner", "lmstudio", "LM Studio"),
        ("somebody", "", "a server of models"),
    ],
)
def test_each_server_is_recognised_by_its_list(models: ScriptedModels, owner: str, kind: str, title: str) -> None:
    """By the owner of its models; one that speaks as OpenAI does and is none of them is found as well."""
    lists(models, {"object": "list", "data": [{"id": "m1", "owned_by": owner}, {"id": "m2", "owned_by": owner}]})
    [server] = found_at(models)
    assert (server.kind, server.title, server.models) == (kind, title, ("m1", "m2"))
    assert all("authorization" not in seen.headers for seen in models.seen)


def test_ollama_is_found_without_a_model_and_with_a_model_of_a_user(models: ScriptedModels) -> None:
    """It answers at a path of its own."""
    models.replies["api"] = Reply(body=b'{"models": []}')
    lists(models, {"object": "list", "data": None})
    assert [(server.kind, server.models) for server in found_at(models)] == [("ollama", ())]
    lists(models, {"data": [{"id": "m1", "owned_by": "library"}, {"id": "a/m2", "owned_by": "a"}]})
    assert [(server.kind, server.models) for server in found_at(models)] == [("ollama", ("m1", "a/m2"))]


def test_llama_cpp_is_found_while_it_loads_its_model(models: ScriptedModels) -> None:
    """By its header: until it is ready it answers with 503."""
    error = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    lists(models, error, status=503, headers={"Server": "llama.cpp"})
    [server] = found_at(models)
    assert (server.kind, server.loading, server.models) == ("llamacpp", True, ())


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=302, headers={"Location": "/elsewhere"}),
        Reply(status=404),
        Reply(status=401),
        Reply(body=b"<html></html>"),
        Reply(body=b"[" * 200_000),
        Reply(body=b'{"data": []}'),
        Reply(body=b'{"data": {"id": "m1"}}'),
        Reply(body=b'{"data": [{"id": 7}]}'),
        Reply(body=b'{"data"', cut=True),
    ],
)
def test_other_servers_are_left_alone(models: ScriptedModels, reply: Reply) -> None:
    """Such as a web application at port 8080: a redirect is not followed, junk is no list."""
    models.replies["v1"] = reply
    assert found_at(models) == [] and all(seen.mode in {"v1", "api"} for seen in models.seen)


def test_a_hostile_server_costs_a_bounded_time_and_size(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of models with long names, an answer that is too large, and none at all."""
    names = [f"m{n}\x1b[31m" for n in range(12_000)] + ["x" * 100_000]
    lists(models, {"data": [{"id": name, "owned_by": "vllm"} for name in names]})
    [server] = found_at(models)
    assert len(server.models) == 10_000 and max(map(len, server.models)) <= 200
    monkeypatch.setattr(local_servers, "LARGEST", 10_000)
    assert found_at(models) == []
    monkeypatch.setattr(local_servers, "WAIT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asyncio.run(find_local_servers([silent.getsockname()[1]])) == []


def test_those_that_are_set_up_are_not_offered_again(models: ScriptedModels) -> None:
    """A provider of the settings leads to them, by whatever name of this machine; one elsewhere with that port does not."""
    server = LocalServer(port=11434, kind="ollama")
    assert unused([server], [provider(models, "ok")]) == [server]
    elsewhere = Provider(name="p", base_url="http://10.0.0.5:11434", wires=(Wire.OPENAI_CHAT,))
    assert unused([server], [elsewhere]) == [server]
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert unused([server], [Provider(name="p", base_url=f"http://{host}:11434/v1", wires=tuple(Wire))]) == []


def test_the_usual_ports_are_those_of_the_known_kinds() -> None:
    """So the settings need no address of a server that listens where its kind does by default."""
    usual = [LocalServer(port=port, kind=kind).usual for port, kind in zip(PORTS, list(KNOWN)[-4:], strict=True)]
    assert all(usual) and not LocalServer(port=8001, kind="vllm").usual and not LocalServer(port=8000).usual
