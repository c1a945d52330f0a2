"""What calls to models used: tokens, money and time, counted by the gateway and not by an agent."""

from dataclasses import dataclass
from enum import StrEnum


class Wire(StrEnum):
    """A format of requests to models."""

    OPENAI_CHAT = "openai-chat"  # POST /v1/chat/completions
    OPENAI_RESPONSES = "openai-responses"  # POST /v1/responses
    ANTHROPIC = "anthropic"  # POST /v1/messages
    GEMINI = "gemini"  # POST /v1beta/models/<model>:generateContent and :streamGenerateContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A sum over calls; times are sums too, so that usages can be added."""

    calls: int = 0
    input_tokens: int = 0  # cached ones included
    cached_tokens: int = 0  # of the input, read from the provider's cache
    output_tokens: int = 0  # reasoning included
    cost_usd: float = 0.0
    seconds: float = 0.0  # from request to the end of the answer
    first_token_s: float = 0.0  # from request to the first byte of the answer's body
    retries: int = 0  # further tries, at the same provider or the next
    estimated: int = 0  # of the calls, whose tokens are our estimate: the answer broke before its provider counted them
    estimated_output_tokens: int = 0  # of the output, by these calls
    estimated_s: float = 0.0  # of the seconds, by these calls
    unanswered: int = 0  # of the estimated calls, that had no first byte

    @property
    def tokens(self) -> int:
        """All of them: what a budget counts."""
        return self.input_tokens + self.output_tokens

    @property
    def output_tokens_per_s(self) -> float | None:
        """How fast answers came, from request to end; None if no provider counted any."""
        seconds = self.seconds - self.estimated_s
        return (
            (self.output_tokens - self.estimated_output_tokens) / seconds
            if self.calls > self.estimated and seconds > 0
            else None
        )

    @property
    def mean_first_token_s(self) -> float | None:
        """How long the first byte of an answer took; None if no call had one."""
        answered = self.calls - self.unanswered
        return self.first_token_s / answered if answered else None

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost_usd=self.cost_usd + other.cost_usd,
            seconds=self.seconds + other.seconds,
            first_token_s=self.first_token_s + other.first_token_s,
            retries=self.retries + other.retries,
            estimated=self.estimated + other.estimated,
            estimated_output_tokens=self.estimated_output_tokens + other.estimated_output_tokens,
            estimated_s=self.estimated_s + other.estimated_s,
            unanswered=self.unanswered + other.unanswered,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One settled call: who made it, who answered, what it used."""

    number: int  # of the piece of work that it was for
    role: str
    provider: str
    model: str
    usage: Usage
    answer_s: float  # that the provider itself took; `usage.seconds` has waits and other tries too
