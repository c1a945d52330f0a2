"""Lists of models as providers and local servers send them, in any wire; bounded, whatever they hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import from_json

MOST_MODELS = 10_000
LONGEST_NAME = 200  # characters
GEMINI_PREFIX = "models/"
LLAMA_CPP, VLLM = "llamacpp", "vllm"  # what these servers write as the owner of each of their models
LATEST = ":latest"  # what Ollama adds to a name without a tag


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """The models of a server."""

    names: tuple[str, ...]
    owners: frozenset[str]

    @property
    def any_name(self) -> bool:
        """Whether the server answers with its one model whatever name is asked for."""
        return self.owners == {LLAMA_CPP} and len(self.names) == 1

    @property
    def complete(self) -> bool:
        """Whether the server has no model that is not listed."""
        return self.owners == {VLLM}

    def has(self, name: str) -> bool:
        """Whether a model is there for sure."""
        return self.any_name or name in self.names or name + LATEST in self.names


def read_list(document: bytes) -> ModelList | None:
    """The list in an answer: an object of one, or a bare array; None if it is something else."""
    try:
        read: object = from_json(document)
    except ValueError:
        return None
    entries = read
    if isinstance(read, dict):
        entries = read["data"] if "data" in read else read.get("models", read)
        entries = [] if entries is None else entries  # Ollama without a model
    if not isinstance(entries, list):
        return None
    found = list(_entries(entries))
    owners = (entry.get("owned_by") for _, entry in found)
    return ModelList(
        names=tuple(dict.fromkeys(name for name, _ in found)),
        owners=frozenset(owner for owner in owners if isinstance(owner, str)),
    )


def _entries(entries: list[object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """The entries that name a model, with its name."""
    for entry in entries[:MOST_MODELS]:
        if not isinstance(entry, dict):
            continue
        named = (entry.get(key) for key in ("id", "name", "model"))
        name = next((name for name in named if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME), "")
        if name:
            yield name.removeprefix(GEMINI_PREFIX), entry
