"""A copy of a bundled lab."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.research.setup.labs import copy_lab, lab_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LabsCopyInput:
    """Which lab, and where to."""

    name: Annotated[str, Argument(about="Of a lab; `plant#7` is instance 7 of one that is a family.")]
    folder: Annotated[Path | None, Argument(about="A new folder; by default the lab's name.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedLab:
    """What `labs copy --json` prints."""

    name: str
    folder: Path  # as it was given


def run(context: Context, given: LabsCopyInput) -> CopiedLab:
    """Copy it, and commit it there."""
    lab, instance = lab_of(given.name)
    target = given.folder or Path(given.name.replace("#", "-"))
    copy_lab(lab, context.where / target, instance=instance)
    return CopiedLab(name=given.name, folder=target)


OPERATION = Operation(
    name="labs copy",
    about="Copy a lab into a new folder as an ordinary git repo.",
    input=LabsCopyInput,
    output=CopiedLab,
    tier=Tier.REVERSIBLE,
    local=True,
    read_back=repeatable,  # into a folder that is not empty, it is refused
    run=run,
    render=lambda made: (
        f"{made.name} is in {made.folder}; to continue:\n  cd {made.folder} && overnight check && overnight run"
    ),
)
