"""The colours of the charts: Okabe and Ito's, distinct for colour-blind readers; every pair also differs in shape."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Each colour by its meaning, in any form that SVG's fill and stroke accept."""

    paper: str
    ink: str
    faint: str  # axes' labels and titles
    grid: str
    head: str  # what is proven
    trial: str  # a candidate's single trials
    claim: str  # what was only believed
    holdout: str


LIGHT = Palette(
    paper="#ffffff",
    ink="#1b1f24",
    faint="#4d5661",
    grid="#e3e6ea",
    head="#0067a8",
    trial="#c26a00",
    claim="#868e98",
    holdout="#a3266f",
)

# Inlined in the page, an SVG takes its colours from the page's own variables, so one picture serves light and dark.
PAGE = Palette(
    paper="var(--paper)",
    ink="var(--ink)",
    faint="var(--faint)",
    grid="var(--grid)",
    head="var(--head)",
    trial="var(--trial)",
    claim="var(--claim)",
    holdout="var(--holdout)",
)
