"""Inputs that several operations of campaigns have."""

from typing import Annotated, Literal

from annotated_types import Ge, Le

from overnight.operations.operation import Option

Tag = Annotated[str | None, Option(about="The campaign; by default the one that ran last.")]
Sandbox = Annotated[
    Literal["jail", "process"],
    Option(
        about="`process` runs candidates without a jail: use it only for code that you trust.", shows_default=True, raises=True
    ),
]
JAIL = "jail"  # the sandbox that nobody has to be asked about
MOST_SLOTS = 1024  # each takes memory before anything is measured
On = Annotated[str, Option(about="Name of the machines in the settings that trials run on; by default this one.", raises=True)]
Slots = Annotated[int | None, Ge(1), Le(MOST_SLOTS), Option(about="Trials at once; by default what the cores allow.")]
