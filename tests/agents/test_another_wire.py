"""An agent program that takes its wire when it is started, and whose provider fails for good."""

from types import SimpleNamespace
from typing import Any

import pytest

from overnight.agents.agent import SWITCH_S, AgentSession
from overnight.agents.transcript import Transcript
from overnight.models.port import ModelsParked
from overnight.models.usage import Wire

BOTH = (Wire.OPENAI_CHAT, Wire.ANTHROPIC)


@pytest.mark.parametrize(
    ("wires", "refusal", "wait_s"),
    [
        (BOTH, ModelsParked("401"), SWITCH_S),  # the next one starts on the other wire
        ((Wire.OPENAI_CHAT,), ModelsParked("401"), None),  # it speaks no other
        ((), ModelsParked("401"), None),  # it has no choice
        (BOTH, ModelsParked("spent", spent=True), None),  # no wire leads around the budget
        (BOTH, ModelsParked("quota", wait_s=300.0), 300.0),  # its own provider comes back
    ],
)
def test_it_is_asked_again_if_another_wire_of_its_can_be(
    wires: tuple[Wire, ...], refusal: ModelsParked, wait_s: float | None
) -> None:
    """Only if a person had to act otherwise, and only by a program that speaks that wire."""
    run: Any = SimpleNamespace(wires=[Wire.ANTHROPIC, Wire.OPENAI_CHAT], refusal=refusal)
    session: Any = SimpleNamespace(ended="")
    agent = AgentSession(session=session, run=run, transcript=Transcript(None), wires=wires, wire=(*wires, None)[0])
    assert agent.refusal is not None
    assert str(agent.refusal) == str(refusal)
    assert agent.refusal.wait_s == wait_s
