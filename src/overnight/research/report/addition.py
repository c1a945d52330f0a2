"""A section that a kind of campaign adds to the report, the same on the page and in the Markdown."""

from dataclasses import dataclass

from overnight.research.report.pictures import Picture
from overnight.research.views.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; its first column names the row, the others are figures."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One section."""

    anchor: str
    title: str
    intro: str
    facts: Facts = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
