"""A change of a small repository, and what we find out about it: fakes and true features are both such cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import anyio
from action_places import ACTION, action_places

from overnight.actions.charter import Request, Rules
from overnight.actions.checkouts.salvage import TAG
from overnight.actions.evidence.checks import ActionChecks
from overnight.actions.findings import Evidence
from overnight.git.port import FileChange


@dataclass(frozen=True, kw_only=True)
class World:
    """A small repository."""

    files: Mapping[str, str]
    check: str
    test: str = ""
    needs: str = ""  # a program that must be on PATH

    @property
    def rules(self) -> Rules:
        """What its `actions.md` says."""
        return Rules(checks=(self.check,), test=self.test)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change of one."""

    name: str
    world: World
    edits: Mapping[str, str | tuple[str, str] | None]  # by path: its new text, a part and what replaces it, None: removed
    says: str = ""  # of a fake: what one of its flags says
    refactoring: bool = False

    def changes(self) -> list[FileChange]:
        """The change."""
        return [FileChange(path=path, content=self._content(path, edit)) for path, edit in self.edits.items()]

    def _content(self, path: str, edit: str | tuple[str, str] | None) -> bytes | None:
        if isinstance(edit, tuple):
            old, new = edit
            assert old in self.world.files[path], f"{self.name}: {old!r}"
            return self.world.files[path].replace(old, new, 1).encode()
        return None if edit is None else edit.encode()


def evidence_of(case: Case, place: Path) -> Evidence:
    """What we find out about a case, in a new folder."""
    place.mkdir(exist_ok=True)
    with action_places(place, case.world.files, rules=case.world.rules) as places:
        commit = places.history.record_attempt(
            tag=TAG, group=str(ACTION), number=1, base=places.base, changes=case.changes(), message=case.name
        )
        checks = ActionChecks(commands=places.commands, history=places.history)
        request = Request(repo=str(place), title=case.name, text=case.name, refactoring=case.refactoring)
        return anyio.run(partial(checks.evidence, base=places.base, commit=commit, request=request, rules=case.world.rules))
