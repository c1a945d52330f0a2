"""One change that the mutator can propose: what it does to the text, and why."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.research.researchers.mutator.source import Cut, applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A change of one kind, in one place or in many."""

    operator: str
    reason: str  # one sentence for the hypothesis
    cuts: Mapping[str, Sequence[Cut]]  # by path
    weight: float  # how promising its place is, before anything is known of its operator
    key: str  # the same for the same change of the same texts on any head

    def edit(self, contents: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The new content of the files that it changes."""
        new = {path: applied(contents[path], cuts) for path, cuts in self.cuts.items()}
        return {path: content for path, content in new.items() if content != contents[path]}


def key_of(operator: str, cuts: Mapping[str, Sequence[Cut]], contents: Mapping[str, bytes]) -> str:
    """What a change is, whatever stands before it in its file."""
    texts = sorted(
        f"{path}\0{contents[path][cut.start : cut.end].decode(errors='replace')}\0{cut.text.decode(errors='replace')}"
        for path, own in cuts.items()
        for cut in set(own)
    )
    return hashlib.sha256("\0\0".join([operator, *texts]).encode()).hexdigest()[:16]
