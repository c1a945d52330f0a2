"""Calls of operations from addresses and JSON: what the pages, REST and MCP have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from overnight.operations.fields import inputs_of
from overnight.operations.foreign_input import BadInput, read_input, read_query
from overnight.operations.operation import AnyOperation, Context, Tier
from overnight.operations.page import REPOSITORY, AnyPage, Link
from overnight.operations.pages import find_page, parts_of, with_query
from overnight.operations.perform import perform
from overnight.operations.principal import Address, Origin, Principal
from overnight.operations.registry import find
from overnight.operations.tasks.beginning import begin
from overnight.web.api_addresses import KEY, MOST_KEY
from overnight.web.repositories import NotFound, repository_named
from overnight.words.foreign import printable

LONGEST = 200  # characters of a foreign address in a message
HOME = "/home"  # the address of the first page
MACHINE = Path("/")  # where operations about the machine are called


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls over a face, and what it serves."""

    principal: Principal
    origin: Origin
    address: Address | None  # the face, such as `rest`, and who they are on it
    repositories: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    ceiling: Tier = Tier.PHYSICAL

    def context(self, where: Path, key: str = "") -> Context:
        """The circumstances of a call in a folder."""
        return Context(
            where=where,
            environment=self.environment,
            principal=self.principal,
            origin=self.origin,
            address=self.address,
            key=key,
            ceiling=self.ceiling,
            repositories=self.repositories,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A page as it was looked at."""

    page: AnyPage
    here: str  # its address without a query
    parts: Mapping[str, str]  # that the address names
    context: Context
    given: Any  # Any: the input of its operation
    found: Any  # Any: its output

    @property
    def title(self) -> str:
        """What it is."""
        return self.page.title(self.found)

    @property
    def links(self) -> Sequence[Link]:
        """Where to look next."""
        return self.page.links(self.found, self.here)

    @property
    def next_page(self) -> Link | None:
        """The rest of a list; None if this is all."""
        after = next_offset(self.given, self.found)
        if after is None:
            return None
        named, inputs = parts_of(self.page.address), inputs_of(self.page.operation)
        given = {field.name: getattr(self.given, field.name) for field in inputs if field.name not in named}
        query = {name: getattr(value, "value", value) for name, value in given.items() if value not in (None, False, ())}
        return Link(address=with_query(self.here, **{**query, "offset": after}), about=f"the next of {self.found.total:,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page at an address, with the input that the address gives, before it is looked at."""

    page: AnyPage
    here: str
    parts: Mapping[str, str]
    context: Context
    given: Any  # Any: the input of its operation

    def look(self) -> Looked:
        """Look at it.

        Raises:
            UserError: what it is about does not exist.
        """
        found = perform(self.page.operation, self.context, self.given)
        return Looked(page=self.page, here=self.here, parts=self.parts, context=self.context, given=self.given, found=found)


def place_at(address: str, query: Sequence[tuple[str, str]], caller: Caller) -> Place:
    """The page at an address, with its query.

    Raises:
        NotFound: there is none.
        UserError: the query has no such input.
    """
    matched = find_page(address)
    if matched is None:
        raise NotFound(f"there is no page {printable(address, LONGEST)}", fix=f"begin at {HOME}")
    page, parts = matched
    where = repository_named(caller.repositories, parts[REPOSITORY]) if REPOSITORY in parts else MACHINE
    pairs = [*((name, text) for name, text in parts.items() if name != REPOSITORY), *query]
    given = read_query(page.operation, pairs)
    return Place(page=page, here=address, parts=parts, context=caller.context(where), given=given)


def call(name: str, repository: str | None, body: str | bytes, caller: Caller, *, key: str = "") -> object:
    """Carry out the operation of a name with its input as a JSON object; what it returned, `Begun` if it lasts.

    Raises:
        NotFound: there is no such operation or repository.
        UserError: the input is none of its.
        NotAllowed, ApprovalAsked: as `perform` says.
    """
    operation = operation_named(name)
    return carry_out(operation, folder_for(operation, repository, caller), read_input(operation, body), caller, key=key)


def carry_out(operation: AnyOperation, where: Path, given: object, caller: Caller, *, key: str = "") -> object:
    """Carry out an operation; one that lasts is begun. Raises as `call`."""
    context = caller.context(where, _own_key(caller, key))
    return begin(operation, context, given) if operation.lasts else perform(operation, context, given)


def _own_key(caller: Caller, key: str) -> str:
    """A key of this caller's alone: orders of others, and messages of channels, are never taken for theirs.

    Raises:
        BadInput: it is no key.
    """
    if len(key) > MOST_KEY or not key.isprintable():
        raise BadInput(f"a key ({KEY}) is a printable text of at most {MOST_KEY} characters")
    return f"{caller.principal}: {key}" if key else ""  # no name of a principal has a colon


def folder_for(operation: AnyOperation, repository: str | None, caller: Caller) -> Path:
    """The folder that an operation is called in.

    Raises:
        NotFound: its repository is not served, or it is about one and none is named, or it is about none.
    """
    if operation.of_machine != (repository is None):
        word = "this machine, not a repository" if operation.of_machine else "a repository"
        raise NotFound(f"`{operation.name}` is about {word}", fix="see `operations`")
    return MACHINE if repository is None else repository_named(caller.repositories, repository)


def next_offset(given: object, found: object) -> int | None:
    """Where a list goes on whose operation takes `limit` and `offset`, and returns its `total`; None if this is all."""
    after, total = getattr(given, "offset", 0) + getattr(given, "limit", 0), getattr(found, "total", 0)
    return after if hasattr(given, "offset") and after < total else None


def operation_named(name: str) -> AnyOperation:
    """The operation of a name.

    Raises:
        NotFound: there is none, or it is for the command line alone.
    """
    found = find(name)
    if found is None or found.local:
        raise NotFound(f"there is no operation `{printable(name, LONGEST)}` here", fix="see `operations`")
    return found
