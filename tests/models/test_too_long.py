"""Which errors of providers mean that a request is too long for the model."""

import asyncio
import json

import pytest
from gateways import gateway, provider
from scripted_models import Reply, ScriptedModels

from overnight.models.failures import is_too_long
from overnight.models.port import RequestRefused
from overnight.models.usage import Wire

WORDS = [
    "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.",  # OpenAI, vLLM, DeepSeek
    "Your input exceeds the context window of this model.",  # OpenAI responses
    "prompt is too long: 208310 tokens > 200000 maximum",  # Anthropic
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",  # Anthropic
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",  # Gemini
    "the request exceeds the available context size, try increasing it",  # llama.cpp
    "request (9000 tokens) exceeds the available context size (4096 tokens)",  # llama.cpp
    "Trying to keep the first 9000 tokens when context the overflows. The model is loaded with context length of only 4096",
    "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",  # Mistral
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",  # xAI
    "Input is too long for requested model.",  # Bedrock
    "Please reduce the length of the messages or completion.",  # Groq
    "too many tokens: total number of tokens in the prompt cannot exceed 4081",  # Cohere
]


@pytest.mark.parametrize("words", WORDS)
def test_the_words_of_providers_are_known(words: str) -> None:
    """In a 400 or 422, in any case; a server's failure with the same words is another matter."""
    body = json.dumps({"error": {"message": words.upper()}}).encode()
    assert is_too_long(400, body)
    assert is_too_long(422, body)
    assert not is_too_long(500, body)


def test_too_large_says_it_by_its_number() -> None:
    """413 needs no words."""
    assert is_too_long(413, b"")


@pytest.mark.parametrize("words", ["Unsupported parameter: max_tokens", "temperature must be at most 2", "invalid model"])
def test_other_mistakes_are_others(words: str) -> None:
    """A shorter request would be refused as well."""
    assert not is_too_long(400, json.dumps({"error": {"message": words}}).encode())


@pytest.mark.parametrize(("words", "too_long"), [(WORDS[0], True), ("no such field", False)])
def test_a_caller_learns_of_it(models: ScriptedModels, words: str, too_long: bool) -> None:
    """Through the gateway, with the status."""
    models.replies["refuses"] = Reply(status=400, body=json.dumps({"error": {"message": words}}).encode())

    async def walk() -> None:
        async with gateway([provider(models, "refuses")]) as opened:
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(RequestRefused) as refused:
                await run.call(Wire.OPENAI_CHAT, {"model": "m1", "messages": []})
        assert (refused.value.status, refused.value.too_long) == (400, too_long)

    asyncio.run(walk())
