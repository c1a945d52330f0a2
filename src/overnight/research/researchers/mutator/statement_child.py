"""Finds functions and their statements with tree-sitter, in a process of its own, as the tuner's `grammar_child` does.

It reads one line of JSON, [grammar, content in base64], and writes one: a list of [name, first line, last line, first byte of
the body, last byte, statements], each statement as [start, end, lines, alone].
"""

import base64
import importlib
import json
import resource
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from overnight.research.researchers.tuner.grammar_child import CPU_S, DEEPEST, GRAMMARS, MEMORY_BYTES

if TYPE_CHECKING:
    from tree_sitter import Node

# fmt: off
_ROUTINES = frozenset((
    "function_definition", "function_declaration", "function_item", "method_definition", "method_declaration",
))
_BLOCKS = frozenset(("compound_statement", "statement_block", "block"))
_KEPT = frozenset((  # what leaves a block, or declares what others need
    "return_statement", "throw_statement", "return_expression", "declaration", "let_declaration", "lexical_declaration",
    "variable_declaration", "short_var_declaration", "var_declaration", "comment", "line_comment", "block_comment",
    "goto_statement", "labeled_statement", "case_statement", "yield_expression", "await_expression", "defer_statement",
    "go_statement",
    "macro_invocation", "function_definition", "function_declaration", "function_item",
))
# fmt: on
_INSIDE = frozenset(("return_statement", "throw_statement", "return_expression", "goto_statement", "labeled_statement"))


def routines(grammar: str, content: bytes) -> list[list[object]]:
    """The functions of a text."""
    from tree_sitter import Language, Parser

    module, function = GRAMMARS[grammar]
    language = Language(getattr(importlib.import_module(module), function)())
    found: list[list[object]] = []
    for node in _nodes(Parser(language).parse(content).root_node):
        body = node.child_by_field_name("body") if node.type in _ROUTINES else None
        if body is not None and not node.has_error:
            places = [place for block in _nodes(body) if block.type in _BLOCKS for place in _places(block, content)]
            lines = node.start_point[0] + 1, node.end_point[0] + 1
            found.append([_name(node), *lines, body.start_byte, body.end_byte, places])
    return found


def _nodes(root: "Node") -> Iterator["Node"]:
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node
        if depth < DEEPEST:
            waiting += [(child, depth + 1) for child in reversed(node.named_children)]


def _places(block: "Node", content: bytes) -> Iterator[list[object]]:
    statements = block.named_children
    for statement in statements:
        start = content.rfind(b"\n", 0, statement.start_byte) + 1
        end = content.find(b"\n", statement.end_byte) + 1 or len(content)
        alone_on_lines = not content[start : statement.start_byte].strip() and not content[statement.end_byte : end].strip(
            b" \t\r\n;"
        )
        inside = list(_nodes(statement))
        if statement.type in _KEPT or not alone_on_lines or any(node.type in _INSIDE for node in inside):
            continue
        kinds = ("statement", "expression")
        lines = sorted({node.start_point[0] + 1 for node in inside if node is statement or node.type.endswith(kinds)})
        yield [start, end, lines, False]


def _name(node: "Node") -> str:
    inner: Node | None = node.child_by_field_name("declarator") or node.child_by_field_name("name")
    while inner is not None and inner.named_child_count:
        inner = inner.child_by_field_name("declarator") or inner.named_children[0]
    return (inner.text or b"")[:64].decode("ascii", "replace") if inner is not None else ""


def main() -> None:
    """Answer one line."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    grammar, content = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(routines(grammar, base64.b64decode(content))) + "\n")


if __name__ == "__main__":
    main()
