"""What the Markdown of a `program.md` says to the organisation: free text, roles, priorities, risk and ideas."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleText:
    """What the program tells one role."""

    name: str  # as the heading has it
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIdea:
    """One line of the checklist below `Ideas`."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """The body of a program, taken apart; what is in no known section is `text`."""

    text: str = ""
    roles: tuple[RoleText, ...] = ()
    priorities: str = ""
    risk: str = ""
    bold: float = 0.0  # share of bold ideas among those that are worked on, 0 to 1
    bold_stated: bool = False  # by the program; else `bold` is the default
    ideas: tuple[ListedIdea, ...] = ()

    def role(self, name: str) -> str:
        """What it tells the role of this name, whatever its case; empty for nothing."""
        wanted = name.casefold()
        return "\n\n".join(role.text for role in self.roles if role.name.casefold() == wanted)
