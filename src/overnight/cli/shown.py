"""How a terminal shows what some operations found, where it can do more than lines of text."""

import importlib
from collections.abc import Callable
from typing import Any

_SHOWN = {
    "log": "overnight.cli.log:show_log",
    "meta log": "overnight.cli.log:show_log",
    "meta show": "overnight.cli.show:show_page",
    "ps": "overnight.cli.ps:show_ps",
    "spend": "overnight.cli.spend:show_spend",
}  # operation: module and function


def shown(name: str) -> Callable[[Any, Any], None] | None:  # Any: the operation's own output and input
    """What prints the output of an operation, given its input too; None: its text is printed."""
    if name not in _SHOWN:
        return None
    module, _, function = _SHOWN[name].partition(":")
    found: Callable[[Any, Any], None] = getattr(importlib.import_module(module), function)
    return found
