"""Schedules by the command line: several numbers in one call, also as a question to the owner has them."""

import json
from pathlib import Path

import pytest
from claws import ClawUnderTest
from click.testing import CliRunner

from overnight.claw.operations.claw_unschedule import OPERATION
from overnight.cli.command_of import command_of
from overnight.operations.call import Call
from overnight.operations.operation import Tier
from overnight.operations.principal import Origin
from overnight.operations.rendering import command_words


def test_several_are_dropped_by_one_call(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument that takes several values is a list for the operation."""
    monkeypatch.chdir(claw.folder)
    first, second = (int(claw.tell(f"remind me in {hours} hours to stretch")[0].split("#")[1].split()[0]) for hours in (2, 3))
    found = CliRunner().invoke(command_of(OPERATION), [str(first), str(second), "--json"], catch_exceptions=False)
    assert [each["number"] for each in json.loads(found.output)["dropped"]] == [first, second]
    assert claw.record.schedules() == []


def test_several_are_shown_as_arguments() -> None:
    """What the owner reads before they approve is the command line as it is."""
    call = Call(
        operation="claw unschedule",
        args='{"claw":null,"numbers":[3,4]}',
        tier=Tier.REVERSIBLE,
        principal="agent:claw",
        origin=Origin.FOREIGN,
        address=None,
        where=str(Path("/")),
    )
    assert command_words(call) == "claw unschedule 3 4"
