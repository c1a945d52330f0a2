"""What providers report: reset times, and whose fault an error is."""

import json
from datetime import UTC, datetime

import pytest

from overnight.models.breaker import Breaker, BreakerState, RetryTimes
from overnight.models.failures import ProviderFailure, ProviderFault, message, stream_error, understand
from overnight.models.provider import Price, Prices
from overnight.models.resets import wait_s
from overnight.models.upstream import endpoint, proxy_for
from overnight.models.wires.wire import UpstreamRequest

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 15}, 8 * 24 * 3600),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360),
        ({"x-ratelimit-reset-requests": "1h2m3s", "x-ratelimit-remaining-requests": "5"}, 3723),
        (
            {
                "x-ratelimit-reset-requests": "20ms",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "9m",
                "x-ratelimit-remaining-tokens": "77",
            },
            0.02,
        ),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-21T12:05:00Z", "anthropic-ratelimit-tokens-remaining": "0"}, 300),
        ({"anthropic-ratelimit-unified-reset": str(int(NOW.timestamp()) + 7200)}, 7200),
        ({"x-ratelimit-reset": str((int(NOW.timestamp()) + 60) * 1000)}, 60),
        ({"x-ratelimit-reset": "2020-01-01T00:00:00Z"}, 0),
        ({"x-ratelimit-reset-requests": "\x00" * 1000}, None),
    ],
)
def test_reset_times_are_read_in_every_form(headers: dict[str, str], expected: float | None) -> None:
    """Seconds, milliseconds, durations, dates and points in time; the exhausted limit decides."""
    found = wait_s(headers, b"", NOW)
    assert found == (None if expected is None else pytest.approx(expected))


def test_gemini_says_it_in_the_body() -> None:
    """`retryDelay` of a Gemini error counts if no header does."""
    assert wait_s({}, b'{"error": {"details": [{"retryDelay": "34.5s"}]}}', NOW) == 34.5


QUOTA = "Quota exceeded for quota metric 'Generate Content API requests"


@pytest.mark.parametrize(
    ("status", "words", "fault"),
    [
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ProviderFault.REQUEST),
        (400, "Your credit balance is too low to access the Anthropic API", ProviderFault.QUOTA),
        (400, "API key not valid. Please pass a valid API key.", ProviderFault.BROKEN),
        (401, "invalid x-api-key", ProviderFault.BROKEN),
        (402, "Insufficient credits", ProviderFault.QUOTA),
        (403, "Your credit balance is too low", ProviderFault.QUOTA),
        (403, "Your project does not have access", ProviderFault.BROKEN),
        (403, "Your input was flagged by moderation", ProviderFault.REQUEST),
        (404, "model not found", ProviderFault.MISSING),
        (408, "timeout", ProviderFault.BUSY),
        (413, "request too large", ProviderFault.REQUEST),
        (422, "bad field", ProviderFault.REQUEST),
        (429, "You exceeded your current quota, please check your plan and billing details.", ProviderFault.QUOTA),
        (429, "Rate limit reached for requests per min (RPM)", ProviderFault.RATE),
        (429, "Number of request tokens has exceeded your per-minute rate limit", ProviderFault.RATE),
        (429, f"{QUOTA} per minute' RESOURCE_EXHAUSTED GenerateRequestsPerMinutePerProject", ProviderFault.RATE),
        (429, f"{QUOTA} per day' RESOURCE_EXHAUSTED GenerateRequestsPerDayPerProject", ProviderFault.QUOTA),
        (429, "Weekly usage limit reached", ProviderFault.QUOTA),
        (500, "internal", ProviderFault.BUSY),
        (529, "Overloaded", ProviderFault.BUSY),
        (302, "", ProviderFault.BROKEN),
    ],
)
def test_errors_are_distinguished(status: int, words: str, fault: ProviderFault) -> None:
    """Each error concerns the request, the model, a busy provider, the rate, the quota or the account."""
    assert understand(status, {}, json.dumps({"error": {"message": words}}).encode(), NOW).fault is fault


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "a"}}', "a"),
        (b'[{"error": {"message": "a"}}]', "a"),
        (b'{"error": "a"}', "a"),
        (b'{"message": "a"}', "a"),
        (b'{"error": {"message": "\\u001b[31mred\\nline"}}', r"\x1b[31mred\nline"),
        (b"<html>", ""),
        (b"", ""),
        (b"[" * 100_000, ""),
        (b'{"error": {"message": 7}}', ""),
    ],
)
def test_the_words_of_an_error_are_fit_to_show(body: bytes, said: str) -> None:
    """Whatever the shape, a short line without escapes, or nothing."""
    assert message(body) == said


def test_a_stream_may_begin_with_an_error() -> None:
    """Its own code, or the code for its type; a model's text about errors is not an error."""
    assert stream_error(b'data: {"error": {"code": 429, "message": "x"}}\n\n') is not None
    assert (stream_error(b'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error"}}\n') or (0,))[0] == 429
    assert stream_error(b'data: {"choices": [{"delta": {"content": "\\"error\\""}}]}\n\n') is None
    assert stream_error(b'data: {"error": null, "choices": []}\n\n') is None
    assert stream_error(b'data: {"error"') is None


def failure(fault: ProviderFault, wait: float | None = None) -> ProviderFailure:
    """A failure of this kind."""
    return ProviderFailure(fault=fault, why="why", wait_s=wait)


def breaker(jitter: float = 0.5) -> Breaker:
    """With a known jitter: 0.5 means none."""
    return Breaker(RetryTimes(), lambda: jitter)


def test_pauses_grow_and_end() -> None:
    """1, 2, 4 ... 60 s for a busy provider; one probe after each; a success resets it."""
    one, now = breaker(), 0.0
    pauses = []
    for _ in range(8):
        permission = one.take(now)
        assert permission is not None
        one.fail(permission, failure(ProviderFault.BUSY), now)
        pauses.append(one.wait_s(now))
        assert one.take(now) is None
        now += pauses[-1] or 0.0
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    probe = one.take(now)
    assert probe is not None
    assert one.standing(now) is BreakerState.PROBING
    assert one.take(now) is None
    one.succeed(probe)
    assert one.standing(now) is BreakerState.READY
    again = one.take(now)
    assert again is not None
    one.fail(again, failure(ProviderFault.BUSY), now)
    assert one.wait_s(now) == 1


@pytest.mark.parametrize(("alone", "expected"), [(True, [1, 2, 4, 1, 2]), (False, [16, 32, 60, 16, 32])])
def test_an_answer_that_breaks_off_was_no_success(*, alone: bool, expected: list[float]) -> None:
    """Pauses grow on although each answer begins well; one that comes to its end resets them.

    If others can be asked, even the first one outlasts the start of an agent.
    """
    one, now = breaker(), 0.0
    pauses = []
    for whole in (False, False, False, True, False):
        permission = one.take(now)
        assert permission is not None
        one.succeed(permission)
        if whole:
            one.finish()
        one.break_off(failure(ProviderFault.BUSY), now, alone=alone)
        pauses.append(one.wait_s(now))
        one.break_off(failure(ProviderFault.BUSY), now, alone=alone)  # another one, at the same time
        now += pauses[-1] or 0.0
    assert pauses == expected


def test_what_failed_together_counts_once() -> None:
    """Ten requests in progress when the provider fails do not make the pause ten times as long."""
    one = breaker()
    permissions = [one.take(0.0) for _ in range(10)]
    for permission in permissions:
        assert permission is not None
        one.fail(permission, failure(ProviderFault.BUSY), 0.0)
    assert one.wait_s(0.0) == 1


def test_a_probe_that_comes_to_nothing_lets_the_next_one_try() -> None:
    """A probe whose client disconnects does not block the account."""
    one = breaker()
    first = one.take(0.0)
    assert first is not None
    one.fail(first, failure(ProviderFault.RATE, 5.0), 0.0)
    assert one.take(4.9) is None
    probe = one.take(6.0)
    assert probe is not None
    one.release(probe)
    assert one.take(6.0) is not None


@pytest.mark.parametrize(
    ("fault", "said", "standing", "wait"),
    [
        (ProviderFault.QUOTA, 7200.0, BreakerState.PARKED, 7215.0),
        (ProviderFault.QUOTA, None, BreakerState.PARKED, 300.0),
        (ProviderFault.RATE, 20.0, BreakerState.PAUSED, 20.05),
        (ProviderFault.BROKEN, None, BreakerState.BROKEN, None),
    ],
)
def test_each_fault_has_its_pause(fault: ProviderFault, said: float | None, standing: BreakerState, wait: float | None) -> None:
    """Never earlier than the provider says; a broken account has no such time, but is tried again."""
    one = breaker()
    permission = one.take(0.0)
    assert permission is not None
    one.fail(permission, failure(fault, said), 0.0)
    assert one.standing(0.0) is standing
    assert one.wait_s(0.0) == (None if wait is None else pytest.approx(wait))
    assert one.take(10_000.0) is not None


@pytest.mark.parametrize(
    ("fault", "said", "pauses"),
    [
        (ProviderFault.RATE, 1.0, [1.05, 1.1, 4, 8, 16, 32, 60]),
        (ProviderFault.QUOTA, 40.0, [55, 70, 1200, 2400]),  # a quota of a day whose error speaks of seconds
        (ProviderFault.QUOTA, 7200.0, [7215, 7230, 7260, 7320]),
    ],
)
def test_a_provider_that_is_wrong_about_its_wait_is_not_believed_for_long(
    fault: ProviderFault, said: float, pauses: list[float]
) -> None:
    """After two waits that it named and that were too short, ours go before them."""
    one, now = breaker(), 0.0
    for pause in pauses:
        permission = one.take(now)
        assert permission is not None
        one.fail(permission, failure(fault, said), now)
        assert one.wait_s(now) == pytest.approx(pause)
        now += pause


@pytest.mark.parametrize(
    ("base", "version", "url"),
    [
        ("https://api.openai.com/v1", "v1", "https://api.openai.com/v1/x"),
        ("http://127.0.0.1:8080/", "v1", "http://127.0.0.1:8080/v1/x"),
        ("https://api.anthropic.com", "v1", "https://api.anthropic.com/v1/x"),
        ("https://example.com/api/paas/v4", "v1", "https://example.com/api/paas/v4/x"),
        ("https://example.com/v1beta/openai/", "v1", "https://example.com/v1beta/openai/x"),
        ("https://generativelanguage.googleapis.com", "v1beta", "https://generativelanguage.googleapis.com/v1beta/x"),
        ("https://example.com/vision", "v1", "https://example.com/vision/v1/x"),
    ],
)
def test_the_version_is_added_once(base: str, version: str, url: str) -> None:
    """A base URL may end before or after the API's version."""
    assert endpoint(base, version, UpstreamRequest(path="/x", body=None)) == url


def test_proxies_are_the_environments() -> None:
    """`HTTPS_PROXY` and `NO_PROXY` apply to providers, but never to this machine."""
    environment = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "internal.example,.local"}
    assert proxy_for("https://api.openai.com/v1", environment) == "http://proxy:3128"
    assert proxy_for("https://internal.example/v1", environment) is None
    assert proxy_for("http://api.openai.com/v1", environment) is None
    assert proxy_for("https://127.0.0.1:1/v1", environment) is None
    assert proxy_for("https://api.openai.com/v1", {}) is None


def test_prices_are_found_by_name_then_by_the_longest_glob() -> None:
    """An exact name wins, then the most specific pattern; nothing is guessed."""
    cheap, dear, exact = (Price(input=value, cached=value, output=value) for value in (1.0, 2.0, 3.0))
    prices = Prices(table={"*": cheap, "claude-opus-*": dear, "claude-opus-5": exact})
    assert prices.find("claude-opus-5") == exact
    assert prices.find("claude-opus-6") == dear
    assert prices.find("other") == cheap
    assert Prices().find("other") is None


def test_costs_add_up() -> None:
    """Fresh, cached and written input and output, each at its own price."""
    price = Price(input=10.0, cached=1.0, output=50.0, written=12.5)
    cost = price.cost_usd(input_tokens=1000, cached_tokens=600, written_tokens=200, output_tokens=100)
    assert cost == pytest.approx((200 * 10 + 600 * 1 + 200 * 12.5 + 100 * 50) / 1e6)
    plain = Price(input=10.0, cached=10.0, output=50.0)
    assert plain.cost_usd(input_tokens=10, cached_tokens=0, written_tokens=10, output_tokens=0) == pytest.approx(1e-4)
    assert price.request_usd(1000) == pytest.approx(12.5e-3)
