"""Finds named constants in C, C++, JavaScript, TypeScript, Rust and Go with tree-sitter, in a process of its own.

The parsers are native code, and some hostile texts make them crash or take gigabytes. So they run under limits, in a
process that may die: `python -I -m overnight.research.researchers.tuner.grammar_child`. It reads a line of JSON for each
file, [grammar, content in base64], and writes a line for each: a list of [name, start, end, text, tier].

Does not cover: a text that takes over the parser; no system call is refused to it.
"""

import base64
import importlib
import json
import re
import resource
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.findings import Tier

if TYPE_CHECKING:
    from tree_sitter import Node

CPU_S, MEMORY_BYTES = 2, 2**30  # of the process; ordinary files of 500 kB together take 0.3 s
MOST = 300  # constants of a file
DEEPEST = 60  # nodes inside each other; deeper ones are left alone
GRAMMARS = {  # grammar: module and function
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "rust": ("tree_sitter_rust", "language"),
    "go": ("tree_sitter_go", "language"),
}
_NUMBER = re.compile(  # with the suffix of a type; hexadecimal, octal and binary ones are bits, not amounts
    r"\(?([-+]?(?!0[\d_xXbBoO])(?:\d[\d_]*(?:\.\d[\d_]*|\.)?|\.\d+)(?:[eE][-+]?\d+)?)(?:[fFlLuUn]{1,3}|_?[iuf](?:8|16|32|64|128|size))?\)?\s*"
)
_BINDINGS = {  # what binds a name: fields of name and value
    "preproc_def": ("name", "value"),
    "init_declarator": ("declarator", "value"),
    "field_declaration": ("declarator", "default_value"),
    "variable_declarator": ("name", "value"),
    "pair": ("key", "value"),
    "public_field_definition": ("name", "value"),
    "field_definition": ("property", "value"),
    "required_parameter": ("pattern", "value"),
    "assignment_pattern": ("left", "right"),
    "optional_parameter_declaration": ("declarator", "default_value"),
    "const_item": ("name", "value"),
    "static_item": ("name", "value"),
    "const_spec": ("name", "value"),
    "var_spec": ("name", "value"),
}
_SCOPES = {  # what a name inside begins with: field of its own name
    "function_definition": "declarator",
    "function_declaration": "name",
    "function_item": "name",
    "method_definition": "name",
    "method_declaration": "name",
    "class_declaration": "name",
    "class_specifier": "name",
    "struct_specifier": "name",
    "impl_item": "type",
    "mod_item": "name",
    "namespace_definition": "name",
}
# fmt: off
_FUNCTIONS = frozenset((
    "function_definition", "function_declaration", "function_item", "method_definition", "method_declaration",
    "arrow_function", "function_expression", "func_literal", "lambda_expression", "closure_expression",
))
# fmt: on
_DEFAULTS = frozenset(("required_parameter", "assignment_pattern", "optional_parameter_declaration"))

Found = tuple[str, int, int, str, int]


def constants(grammar: str, content: bytes) -> list[Found]:
    """The named numbers and switches of a text, those of a broken part left out: name, bytes, text and tier of each."""
    from tree_sitter import Language, Parser

    module, function = GRAMMARS[grammar]
    language = Language(getattr(importlib.import_module(module), function)())
    found: list[Found] = []
    names: dict[str, int] = {}
    for name, start, text, tier in _walk(Parser(language).parse(content).root_node):
        names[name] = names.get(name, 0) + 1
        again = f"-{names[name]}" if names[name] > 1 else ""
        found.append((name + again, start, start + len(text), text, tier))
        if len(found) >= MOST:
            break
    return found


def _walk(root: "Node") -> Iterator[tuple[str, int, str, Tier]]:
    waiting: list[tuple[Node, str, Tier, int]] = [(root, "", Tier.NAMED, 0)]
    while waiting:
        node, scope, tier, depth = waiting.pop()
        kind = node.type
        if node.is_error or depth > DEEPEST:
            continue
        inner_tier = Tier.DEFAULT if kind in _FUNCTIONS else tier
        inner = _joined(scope, _name(node.child_by_field_name(_SCOPES[kind]))) if kind in _SCOPES else scope
        if kind in _BINDINGS:
            name_field, value_field = _BINDINGS[kind]
            names, values = ([n for n in node.children_by_field_name(f) if n.is_named] for f in (name_field, value_field))
            if len(values) == 1 and values[0].type == "expression_list":
                values = values[0].named_children
            if len(names) == len(values) and _is_constant(node, tier):
                for name, value in zip(names, values, strict=True):
                    own = _joined(scope, _name(name))
                    if literal := _literal(value):
                        yield own, *literal, max(tier, Tier.DEFAULT) if kind in _DEFAULTS else tier
            inner = _joined(scope, _name(names[0])) if len(names) == 1 and kind != "init_declarator" else scope
        elif kind == "keyed_element" and node.named_child_count == 2:  # noqa: PLR2004  # a key and a value
            key, value = node.named_children
            if literal := _literal(value):
                yield _joined(scope, _name(key)), *literal, tier
            inner = _joined(scope, _name(key))
        waiting += [(child, inner, inner_tier, depth + 1) for child in reversed(node.named_children)]


def _is_constant(node: "Node", tier: Tier) -> bool:
    """Whether what a node binds cannot vary afterwards, as far as the language says."""
    outer = node.parent if node.type in {"init_declarator", "variable_declarator"} else node
    if outer is None:
        return False
    said = {child.text for child in outer.children}
    if node.type == "init_declarator":
        return bool(said & {b"const", b"constexpr"})
    if node.type == "variable_declarator":
        return b"const" in said
    if node.type == "var_spec":
        return tier is Tier.NAMED
    return not any(child.type == "mutable_specifier" for child in outer.children)


def _literal(node: "Node") -> tuple[int, str] | None:
    """Where a number or a switch begins, and its text without a suffix for its type; None for any other expression."""
    while node.type == "literal_element" and node.named_child_count == 1:
        node = node.named_children[0]
    content = node.text or b""
    if len(content) > 40 or node.type in {"string", "string_literal", "char_literal"}:  # noqa: PLR2004  # characters
        return None
    text = content.decode("ascii", "replace")
    if text in {"true", "false"}:
        return node.start_byte, text
    match = _NUMBER.fullmatch(text)
    return (node.start_byte + match.start(1), match[1]) if match and text.count("(") == text.count(")") else None


def _name(node: "Node | None") -> str:
    """The last identifier of a declarator, key or type."""
    while node is not None and node.named_child_count:
        node = node.child_by_field_name("declarator") or node.named_children[0]
    return (node.text or b"")[:64].decode("ascii", "replace").strip("\"'") if node else ""


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope and name else scope or name


def main() -> None:
    """Answer one line for each line, until there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        grammar, content = json.loads(line)
        sys.stdout.write(json.dumps(constants(grammar, base64.b64decode(content))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
