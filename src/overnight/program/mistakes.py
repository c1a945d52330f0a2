"""Mistakes that pydantic finds in a front matter, in our words: where each is, what is wrong, and the fix."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from overnight.errors import ProgramError
from overnight.program.front_matter import (
    QUOTED,
    FrontMatter,
    Place,
    Problem,
    dotted,
    load_front_matter,
    program_error,
    split_front_matter,
)
from overnight.words.fields import Mistake
from overnight.words.foreign import printable

Keys = TypeVar("Keys", bound=BaseModel)

# Words of other tools, and what we call them.
SYNONYMS: Mapping[str, str] = {"lower": "minimize", "min": "minimize", "higher": "maximize", "max": "maximize"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a form of front matter adds to the words."""

    known: Mapping[str, Sequence[str]]  # which keys a mapping may have, by the key above it; "" is the top
    required: Mapping[str, str]  # how to write a required key
    written: Mapping[str, str]  # how to write one whose value is out of bounds


def checked(model: type[Keys], front: FrontMatter, wording: Wording, path: str) -> Keys:
    """The keys of a front matter, or of a YAML file.

    Raises:
        ProgramError: it has mistakes; the message has all of them.
    """
    try:
        keys = model.model_validate(front.values)
    except ValidationError as error:
        raise program_error([*front.problems, *problems_of(error, front, wording)], path) from None
    if front.problems:
        raise program_error(front.problems, path)
    return keys


def problems_of(error: ValidationError, front: FrontMatter, wording: Wording) -> Iterator[Problem]:
    """All that pydantic found."""
    return (_problem(detail, front, wording) for detail in _causes(error))


def error_in(source: str, path: str, place: Place, message: str, *, fix: str = "") -> ProgramError:
    """A mistake in a value of a parsed text, with its line and key."""
    line = load_front_matter(split_front_matter(source, path)[0], path).line(place)
    return ProgramError(message, path=path, line=line, key=dotted(place), fix=fix)


def _causes(error: ValidationError) -> Iterator[ErrorDetails]:
    """The errors, without those of lists that are too short only because one of their items is wrong."""
    details = error.errors(include_url=False)
    around = {detail["loc"][:end] for detail in details for end in range(len(detail["loc"]))}
    return (detail for detail in details if detail["type"] != "too_short" or detail["loc"] not in around)


def _problem(detail: ErrorDetails, front: FrontMatter, wording: Wording) -> Problem:
    """A pydantic error in our words."""
    place: Place = detail["loc"]
    mistake = detail.get("ctx", {}).get("error")
    if isinstance(mistake, Mistake) and mistake.key:
        place = (*place, mistake.key)
    message, fix = _words(detail, place, wording)
    if isinstance(mistake, ValueError):
        message, fix = str(mistake), getattr(mistake, "fix", "")
    if not fix and " such as " not in message:
        fix = wording.written.get(next((str(part) for part in reversed(place) if isinstance(part, str)), ""), "")
    if message.startswith("must be "):
        message += _shown(detail["input"])
    return Problem(line=front.line(place), key=dotted(place), message=message, fix=fix)


def _words(detail: ErrorDetails, place: Place, wording: Wording) -> tuple[str, str]:
    """Message and fix for an error that pydantic found by itself."""
    match detail["type"]:
        case "extra_forbidden":
            return "unknown key", _nearest_key(place, wording.known)
        case "missing":
            return "required", wording.required.get(str(place[-1]), f"write `{place[-1]}: ...`")
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a mapping", "write it as `key: value` lines below it"
        case "tuple_type" | "list_type":
            return "must be a list", "write it as [a, b]"
        case "enum" | "literal_error":
            expected = str(detail["ctx"]["expected"])
            return f"must be {expected}", _nearest_word(detail["input"], expected)
        case _:
            subject, _, rest = detail["msg"].partition(" after validation")[0].partition(" should ")
            return (f"must {rest}" if rest else subject), ""


def _nearest_key(place: Place, known: Mapping[str, Sequence[str]]) -> str:
    *parents, name = place
    above = next((parent for parent in reversed(parents) if isinstance(parent, str)), "")
    siblings = known.get(above, ())
    for home, keys in known.items():
        if home != above and name in keys:
            return f"`{name}` belongs under `{home}`" if home else f"`{name}` belongs at the top level"
    import difflib

    if near := difflib.get_close_matches(str(name), siblings, n=1):
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(siblings)}"


def _nearest_word(raw: object, expected: str) -> str:
    word = str(raw)[:QUOTED]
    known = expected.replace(" or ", ", ").replace("'", "").split(", ")
    if SYNONYMS.get(word) in known:
        return f"write `{SYNONYMS[word]}`"
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else ""


def _shown(value: object) -> str:
    if not isinstance(value, str | int | float) or value == "":
        return ""
    return f", not `{printable(str(value), QUOTED)}`"
