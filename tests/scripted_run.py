"""Models of one run whose answers a test scripts, without a process or a network."""

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from overnight.models.port import ModelRun, ModelsParked, RequestRefused
from overnight.models.usage import Usage, Wire

Json = dict[str, Any]  # what is on the wire

Answer = str | tuple[str, ...] | Json | Exception  # text; commands; an answer as on the wire; no answer


@dataclass(kw_only=True)
class FakeRun:
    """Implements `ModelRun` with answers that a test scripts; the last one is repeated."""

    answers: Sequence[Answer]
    wire: Wire = Wire.OPENAI_CHAT
    bodies: list[Json] = field(default_factory=list)
    refusal: ModelsParked | None = None
    failure: str = ""
    url: str = "http://127.0.0.1:9/token"
    port: int = 9
    model: str = "m1"
    idle_s: float = 0.0

    @property
    def wires(self) -> Sequence[Wire]:
        """The model that was asked for."""
        return (self.wire,)

    @property
    def usage(self) -> Usage:
        """A fixed price for each call."""
        calls = len(self.bodies)
        return Usage(calls=calls, input_tokens=100 * calls, output_tokens=10 * calls, cost_usd=0.5 * calls)

    def listen(self, listening: socket.socket) -> None:
        """No job of our agent talks to a model."""
        raise AssertionError

    async def call(self, wire: Wire, body: Mapping[str, object], *, waits: bool = True) -> Mapping[str, object]:
        """The next answer; the request is recorded as it would be sent."""
        assert wire is self.wire
        answer = self.answers[min(len(self.bodies), len(self.answers) - 1)]
        self.bodies.append(json.loads(json.dumps(body, allow_nan=False)))
        if isinstance(answer, ModelsParked):
            self.refusal = answer
        self.failure = str(answer) if isinstance(answer, RequestRefused) else ""
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, dict) else on_the_wire(wire, answer, len(self.bodies))


def on_the_wire(wire: Wire, answer: str | tuple[str, ...], turn: int) -> Json:
    """Text or commands, as a provider would answer."""
    commands = answer if isinstance(answer, tuple) else ()
    ids = [f"call-{turn}-{n}" for n in range(len(commands))]
    if wire is Wire.ANTHROPIC:
        blocks: list[Json] = [{"type": "text", "text": answer}] if isinstance(answer, str) else []
        for id_, command in zip(ids, commands, strict=True):
            blocks.append({"type": "tool_use", "id": id_, "name": "bash", "input": {"command": command}})
        return {"content": blocks, "stop_reason": "tool_use" if commands else "end_turn"}
    message: Json = {"role": "assistant", "content": answer if isinstance(answer, str) else None}
    if commands:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": "bash", "arguments": json.dumps({"command": command})}}
            for id_, command in zip(ids, commands, strict=True)
        ]
    return {"choices": [{"message": message, "finish_reason": "tool_calls" if commands else "stop"}]}


@dataclass(frozen=True, kw_only=True)
class FakeModels:
    """Implements `Models` with one run."""

    run: FakeRun

    @contextmanager
    def use(self, *, role: str, number: int, model: str = "") -> Iterator[ModelRun]:  # the port's names
        """The run."""
        yield self.run
