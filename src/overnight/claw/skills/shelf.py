"""The skills of a claw: folders in `skills/`, of which those that the owner trusts as they are can be used.

Does not cover: what a trusted skill says. Who trusts it answers for that, so they are shown all of it first.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.claw.charter import SKILLS
from overnight.claw.events import Trusted, TrustKind
from overnight.claw.record.record import ClawRecord, json_of, sealed_json
from overnight.claw.skills.form import NAME, Form, read_form
from overnight.claw.skills.tree import BadSkill, Tree, read_tree
from overnight.errors import UserError
from overnight.ledger.sealed import SealedText
from overnight.words.foreign import one_line, printable

MOST = 100  # skills
KEPT_BYTES = 100_000  # of a file that is compared line by line
WHY = 200


class SkillState(StrEnum):
    """Whether a skill can be used."""

    TRUSTED = "trusted"
    NEW = "new"  # the owner has not looked at it
    CHANGED = "changed"  # it is not what they trusted
    BROKEN = "broken"  # it is no skill


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """A skill as it is now."""

    name: str
    state: SkillState
    tree: Tree | None = None
    form: Form | None = None  # None: it is broken
    why: str = ""  # it is broken

    @property
    def digest(self) -> str:
        """Of all that it is; empty if it is broken."""
        return self.tree.digest if self.tree and self.form else ""


class Shelf:
    """The skills of one claw."""

    def __init__(self, claw: Path, record: ClawRecord) -> None:
        self._folder, self._record = claw / SKILLS, record

    def all(self) -> Sequence[Skill]:
        """Each of them, by name; those with a name that cannot be one are left out."""
        pins = self._record.trusted(TrustKind.SKILL)
        return [self._look(name, pins.get(name)) for name in self.names()]

    def names(self) -> Sequence[str]:
        """The names of all folders that can be skills, the first hundred."""
        try:
            names = sorted(os.listdir(self._folder))  # noqa: PTH208  # names alone
        except OSError:
            return []
        return [name for name in names if NAME.fullmatch(name)][:MOST]

    def find(self, name: str) -> Skill:
        """The skill of a name, whatever its state.

        Raises:
            UserError: there is none.
        """
        if not NAME.fullmatch(name) or name not in self.names():
            raise UserError(f"there is no skill `{printable(name, WHY)}`", fix="see `overnight claw skills`")
        return self._look(name, self._record.trusted(TrustKind.SKILL).get(name))

    def usable(self, name: str) -> Skill:
        """A skill that the owner trusts as it is.

        Raises:
            UserError: they do not.
        """
        skill = self.find(name)
        if skill.state is not SkillState.TRUSTED:
            fix = f"the owner looks at it with `overnight claw skill {name}`"
            raise UserError(f"the skill `{name}` is {skill.state}: it is not used", fix=fix)
        return skill

    def before(self, name: str) -> Mapping[str, str]:
        """The files of a skill as they were when it was trusted, as texts; empty if it never was."""
        pin = self._record.trusted(TrustKind.SKILL).get(name)
        files = json_of(self._record.text(pin.text)) if pin else {}
        return {path: text for path, text in files.items() if isinstance(text, str)}

    def _look(self, name: str, pin: Trusted | None) -> Skill:
        try:
            tree = read_tree(self._folder / name)
            form = read_form(tree, name)
        except BadSkill as bad:
            return Skill(name=name, state=SkillState.BROKEN, why=one_line(str(bad), WHY))
        state = SkillState.NEW if pin is None else SkillState.TRUSTED if pin.digest == tree.digest else SkillState.CHANGED
        return Skill(name=name, state=state, tree=tree, form=form)


def kept_texts(tree: Tree) -> Mapping[str, str]:
    """The files of a skill as texts, to be compared with what they become; of a large one its digest alone."""
    return {
        path: file.text if len(file.content) <= KEPT_BYTES else f"SHA-256 {hashlib.sha256(file.content).hexdigest()}"
        for path, file in tree.files.items()
    }


def sealed_files(tree: Tree) -> SealedText:
    """The same as a text of the record."""
    return sealed_json(kept_texts(tree))


@contextmanager
def laid_out(tree: Tree) -> Iterator[Path]:
    """A copy of a skill that a command can be shown, for as long as it is needed."""
    with TemporaryDirectory(prefix="overnight-skill-") as place:
        Path(place).chmod(0o755)  # a command may run as a user of its own
        tree.write(Path(place) / "skill")
        yield Path(place) / "skill"
