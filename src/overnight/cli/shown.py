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
_WAYS = {
    "home scan": "overnight.cli.home_scan:scan_here",
}  # the same, of what carries an operation out on a terminal, where it asks and shows how far it is


def shown(name: str) -> Callable[[Any, Any], None] | None:  # Any: the operation's own output and input
    """What prints the output of an operation, given its input too; None: its text is printed."""
    return _function(_SHOWN.get(name, ""))


def own_way(name: str) -> Callable[[Any, Any], Any] | None:  # Any: the operation's own context, input and output
    """What carries an operation out for somebody at a terminal; None: nothing but the operation itself."""
    return _function(_WAYS.get(name, ""))


def _function(place: str) -> Callable[[Any, Any], Any] | None:  # Any: as above
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name) if module else None
