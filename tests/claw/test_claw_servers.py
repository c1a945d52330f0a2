"""Tool servers: started in the jail for a call, trusted by the owner as they describe themselves."""

from pathlib import Path

import pytest
from claw_calls import call, call_as_owner
from claws import ClawUnderTest, approve_all
from tool_servers import make_server, trust_server

from overnight.errors import UserError
from overnight.operations.perform import ApprovalAsked

TIER = ", tools: {echo: read}"


def test_a_trusted_tool_is_called(claw: ClawUnderTest, tmp_path: Path) -> None:
    """It is listed with its inputs once the owner trusts it, and answers."""
    make_server(claw, tmp_path / "server", settings=TIER)
    assert "new; not used" in call("mcp")
    with pytest.raises(UserError, match="is not trusted"):
        call("use", server="echo", tool="echo")
    assert "Says it again." in call_as_owner("server", name="echo")
    trust_server(claw)
    assert call("mcp") == "echo\n  echo(text: string)  read"
    assert call("use", server="echo", tool="echo", arguments='{"text": "hi"}') == "said hi"


def test_a_tool_without_a_tier_needs_the_owner(claw: ClawUnderTest, tmp_path: Path) -> None:
    """Nobody knows what it does, so it is taken for what cannot be taken back."""
    make_server(claw, tmp_path / "server")
    trust_server(claw)
    with pytest.raises(ApprovalAsked):
        call("use", server="echo", tool="echo", arguments='{"text": "hi"}')
    approve_all()
    assert call("use", server="echo", tool="echo", arguments='{"text": "hi"}') == "said hi"
    with pytest.raises(ApprovalAsked):  # one approval, one call
        call("use", server="echo", tool="echo", arguments='{"text": "hi"}')


@pytest.mark.parametrize("arguments", ["", "[]", "7", "{", '{"a": NaN}', '{"a": 1, "a": 2}'])
def test_inputs_are_an_object(claw: ClawUnderTest, tmp_path: Path, arguments: str) -> None:
    """Anything else is refused before a server is started."""
    make_server(claw, tmp_path / "server", settings=TIER)
    with pytest.raises(UserError, match="JSON"):
        call("use", server="echo", tool="echo", arguments=arguments)


def test_a_lacking_secret_is_named(claw: ClawUnderTest, tmp_path: Path) -> None:
    """The fix is a command."""
    make_server(claw, tmp_path / "server", settings=", env: [ECHO_KEY]")
    with pytest.raises(UserError, match="overnight secret set ECHO_KEY"):
        call_as_owner("server", name="echo")
