"""What an ACP agent may do when it asks for permission: what stays in the jail, and nothing that it does not need there."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

ALLOWED = frozenset({"read", "edit", "delete", "move", "search", "execute", "think"})  # kinds of tool calls


class _Option(BaseModel):
    optionId: str  # noqa: N815  # as the protocol spells it
    kind: Literal["allow_once", "allow_always", "reject_once", "reject_always"]


class _ToolCall(BaseModel):
    kind: str | None = None


class _Request(BaseModel):
    toolCall: _ToolCall = _ToolCall()  # noqa: N815  # as above
    options: list[_Option]


def permit(params: Mapping[str, Any]) -> Mapping[str, object]:  # Any: JSON of another program's
    """The answer to `session/request_permission`: allowed once, refused, or cancelled if neither is offered.

    A call without a kind is taken for one that runs something, which the jail confines.
    """
    try:
        request = _Request.model_validate(params)
    except ValidationError:
        return {"outcome": {"outcome": "cancelled"}}
    wanted = "allow_once" if (request.toolCall.kind or "execute") in ALLOWED else "reject_once"
    chosen = next((option for option in request.options if option.kind == wanted), None)
    if chosen is None:
        return {"outcome": {"outcome": "cancelled"}}
    return {"outcome": {"outcome": "selected", "optionId": chosen.optionId}}
