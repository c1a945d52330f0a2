"""What a call may use, before it is made: about, to refuse what cannot be paid, and at most, to let calls run side by side."""

from collections.abc import Sequence
from dataclasses import replace

from overnight.models.budget import CostEstimate
from overnight.models.provider import PER_MILLION, Price
from overnight.models.relay import ModelRequest
from overnight.models.stream import BYTES_PER_TOKEN
from overnight.models.upstream import encode

# Tokens that a provider adds to a request: marks around messages, and prompts for tools, of which Anthropic's longest has 735.
ADDED_TOKENS = 2048
# Put into a request that names no limit: what the longest answers of most models have, and more than an agent asks for.
LIMIT_PUT_IN = 65_536
LONGEST_INPUT_TOKEN = 64  # bytes; no request has as many a token on average


def request_tokens(request: ModelRequest, size: int) -> int:
    """About how many tokens a request of so many bytes has; pictures count by their width and height."""
    return -(-(size - request.pictures.characters) // BYTES_PER_TOKEN) + request.pictures.about_tokens


def least_request_tokens(request: ModelRequest, size: int) -> int:
    """How many it has for sure; 0 if its input may be something else than text."""
    text = size - request.pictures.characters
    return max(0, text // LONGEST_INPUT_TOKEN - LONGEST_INPUT_TOKEN) if request.most_output is not None else 0


def with_limit(request: ModelRequest) -> ModelRequest:
    """The request with a limit, if one can be put in; else as it is."""
    body = request.wire.limited(request.body, LIMIT_PUT_IN) if request.most_output is None else None
    most = request.wire.read_request(body).most_output if body is not None else None
    return request if body is None or most is None else replace(request, body=body, most_output=most)


def estimate(request: ModelRequest, size: int, prices: Sequence[Price]) -> CostEstimate:
    """By the dearest of the prices. No text has more tokens than bytes, in whatever language; pictures have their own rules."""
    tokens, answer = request_tokens(request, size), request.most_output
    dearest = max(price.request_usd(PER_MILLION) for price in prices)  # a million tokens
    about_usd = tokens * dearest / PER_MILLION
    written = max(price.output for price in prices)
    if answer is None:
        free = not dearest and not written
        return CostEstimate(tokens=tokens, most_tokens=None, cost_usd=about_usd, most_usd=0.0 if free else None)
    text = max(size, len(encode(request.body))) - request.pictures.characters
    most_input = text + request.pictures.most_tokens + ADDED_TOKENS
    return CostEstimate(
        tokens=tokens,
        most_tokens=most_input + answer,
        cost_usd=about_usd,
        most_usd=(most_input * dearest + answer * written) / PER_MILLION,
    )
