"""The input that names a meta-campaign."""

from typing import Annotated

from overnight.operations.operation import Option

Tag = Annotated[str | None, Option(about="The meta-campaign; by default the one that ran last.")]
