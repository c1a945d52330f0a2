"""The numbers and switches of YAML, TOML, JSON and INI files, with their byte positions, so that an edit keeps the comments.

TOML, JSON and INI parsers report no positions. So every word that looks like a number or a switch is replaced by a marker,
and the file is parsed once: a marker that is parsed as a value shows which key its word belongs to. A word in a comment, a
string, a date or a key is not parsed as a value.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.findings import LONGEST_LIST, Constant, Findings, Unreadable, Value, is_number
from overnight.research.researchers.tuner.literals import SWITCH_WORDS
from overnight.research.researchers.tuner.spans import decode

if TYPE_CHECKING:
    import yaml

_INT = r"[-+]?(?:0|[1-9](?:_?\d)*)"
_NUMBER = rf"{_INT}(?:\.\d+)?(?:[eE][-+]?\d+)?"
_WORDS = re.compile(rf"(?<![\w.+:-]){_NUMBER}(?![\w.:-])|(?<![\w.-])(?:{'|'.join(SWITCH_WORDS)})(?![\w.-])", re.IGNORECASE)
MOST_DOTS = 200  # on one line of TOML
LONGEST_NUMBER = 40  # characters
_FIRST_MARKER = 7_352_109_000_000
_MARKER = re.compile(r"7352109\d{6}")

Leaf = tuple[str, object]  # a dotted name and a parsed value


def scan_yaml(path: str, content: bytes) -> Findings:
    """The plain numbers and switches of a YAML file.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    import yaml

    text = decode(content)
    try:
        documents = list(yaml.compose_all(text, yaml.SafeLoader))
        leaves = [leaf for document in documents for leaf in _yaml_leaves(document)]
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable(f"does not parse as YAML{_yaml_place(error)}") from None
    spans = {name: (node.start_mark.index, node.end_mark.index) for name, node in reversed(leaves)}
    return _findings(path, text, sorted(spans.items(), key=lambda item: item[1]))


def scan_toml(path: str, content: bytes) -> Findings:
    """The numbers and switches of a TOML file.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    return _scan_by_markers(path, content, "TOML", _parse_toml, int)


def scan_json(path: str, content: bytes) -> Findings:
    """The numbers and switches of a JSON file.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    return _scan_by_markers(path, content, "JSON", json.loads, int)


def scan_ini(path: str, content: bytes) -> Findings:
    """The numbers and switches of an INI file that are a whole value.

    Raises:
        Unreadable: it is not UTF-8 or does not parse.
    """
    return _scan_by_markers(path, content, "INI", _parse_ini, str)


def _parse_toml(text: str) -> object:
    if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        raise ValueError("a key may be nested deeply, and tomllib's time grows with the square of that")
    return tomllib.loads(text)


def _parse_ini(text: str) -> Mapping[str, Mapping[str, str | None]]:
    parser = configparser.RawConfigParser(allow_no_value=True, inline_comment_prefixes=("#", ";"))
    parser.read_string(text)
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _scan_by_markers(
    path: str, content: bytes, language: str, parse: Callable[[str], object], marker_type: type[int] | type[str]
) -> Findings:
    text = decode(content)
    matches = {str(_FIRST_MARKER + index): match for index, match in enumerate(_WORDS.finditer(text))}
    try:
        leaves = list(_leaves(parse(_marked(text, matches))))
    except (ValueError, RecursionError, configparser.Error):
        raise Unreadable(f"does not parse as {language}") from None
    spans = {
        _MARKER.sub(lambda marker: matches[marker[0]][0] if marker[0] in matches else marker[0], name): matches[
            str(leaf)
        ].span()
        for name, leaf in leaves
        if isinstance(leaf, marker_type) and str(leaf) in matches
    }
    return _findings(path, text, sorted(spans.items(), key=lambda item: item[1]))


def _marked(text: str, matches: Mapping[str, re.Match[str]]) -> str:
    parts, end = [], 0
    for marker, match in matches.items():
        parts += [text[end : match.start()], marker]
        end = match.end()
    return "".join([*parts, text[end:]])


def _leaves(parsed: object) -> Iterator[Leaf]:
    waiting: list[Leaf] = [("", parsed)]
    while waiting:
        name, value = waiting.pop()
        match value:
            case dict():
                waiting.extend((_joined(name, str(key)), inner) for key, inner in value.items())
            case list():
                if len(value) <= LONGEST_LIST:
                    waiting.extend((f"{name}[{index}]", inner) for index, inner in enumerate(value))
            case _:
                yield name, value


def _yaml_leaves(document: "yaml.Node") -> Iterator[tuple[str, "yaml.ScalarNode"]]:
    """The scalars that are a number or a switch; a value repeated by an alias comes once."""
    import yaml

    waiting: list[tuple[str, yaml.Node]] = [("", document)]
    seen: set[int] = set()
    while waiting:
        name, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case yaml.MappingNode():
                waiting.extend((_joined(name, str(key.value)), value) for key, value in node.value)
            case yaml.SequenceNode():
                if len(node.value) <= LONGEST_LIST:
                    waiting.extend((f"{name}[{index}]", value) for index, value in enumerate(node.value))
            case yaml.ScalarNode() if node.tag.rsplit(":", 1)[-1] in ("int", "float", "bool"):
                yield name, node


def _joined(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _yaml_place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": line {mark.line + 1}" if mark else ""


def _findings(path: str, text: str, spans: Iterable[tuple[str, tuple[int, int]]]) -> Findings:
    """Constants at these spans of characters, converted to spans of bytes."""
    constants, characters, size = [], 0, 0
    for name, (start, end) in spans:
        size += len(text[characters:start].encode())
        characters = start
        word = text[start:end]
        value = _value(word)
        if value is not None:
            stop = size + len(word)  # a number or switch is ASCII
            constants.append(Constant(path=path, name=name, value=value, start=size, end=stop, text=word))
    return Findings(constants=tuple(constants))


def _value(word: str) -> Value | None:
    if word.lower() in SWITCH_WORDS:
        return SWITCH_WORDS[word.lower()]
    if len(word) > LONGEST_NUMBER or not re.fullmatch(_NUMBER, word):
        return None  # such as 0x1F, 1:30 or .inf
    number = int(word.replace("_", "")) if re.fullmatch(_INT, word) else float(word.replace("_", ""))
    return number if is_number(number) else None
