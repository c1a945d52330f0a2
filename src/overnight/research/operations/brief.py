"""What a role would be asked now, word by word."""

from dataclasses import dataclass
from typing import Annotated

from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.research.operations._inputs import Tag
from overnight.research.tryout.brief import BriefPage, show_brief
from overnight.words.foreign import printable_lines

ESCAPED = 10  # characters that an invisible one becomes, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefInput:
    """Whose brief in which campaign."""

    role: Annotated[
        str | None,
        Option(about="Whose brief: a role of the program, or researcher, director or critic. Default: the first."),
    ] = None
    tag: Tag = None


def run(context: Context, given: BriefInput) -> BriefPage:
    """The brief."""
    return show_brief(context.where, given.role, given.tag)


def render(page: BriefPage) -> str:
    """Its text, with invisible characters made visible."""
    return printable_lines(page.text, ESCAPED * len(page.text))


OPERATION = Operation(
    name="brief",
    about="Print the brief that a role would get now; nobody is asked anything.",
    input=BriefInput,
    output=BriefPage,
    tier=Tier.READ,
    run=run,
    render=render,
    notes=lambda page: (f"about {page.tokens:,} tokens, for {page.role}",),
)
