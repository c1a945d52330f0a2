"""Calls that models write as text."""

import json
from typing import Any

import pytest

from overnight.agents.own.tool import LONGEST, SHELL, ShellCommand, shell_block
from overnight.models.asking.bounds import CALLS
from overnight.models.asking.written import written_calls

RUN = "sed -i 's/1/2/' train.py && cat train.py"
GIVEN = {"command": RUN}
FORMS: list[Any] = [
    {"name": "bash", "arguments": GIVEN},
    {"name": "bash", "arguments": json.dumps(GIVEN)},
    {"name": "bash", "parameters": GIVEN},
    {"name": "shell", "arguments": {"cmd": RUN}},
    {"name": "bash", "arguments": {"command": ["bash", "-lc", RUN]}},
    {"tool": "bash", "command": RUN},
    {"tool": "bash", "args": GIVEN},
    {"action": "bash", "action_input": GIVEN},
    {"type": "function", "function": {"name": "bash", "arguments": GIVEN}},
    {"function": "bash", "arguments": GIVEN},
    [{"name": "bash", "arguments": GIVEN}],
    {"command": RUN},
]


def commands(text: str) -> list[str]:
    """What the calls in an answer would run."""
    inputs = [call.input for call in written_calls(text, [SHELL])]
    return [each.command for each in inputs if isinstance(each, ShellCommand)]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize(
    "text", ["{}", "```json\n{}\n```", "I run it:\n\n```\n{}\n```\nand wait.", "<tool_call>\n{}\n</tool_call>", "<tool_call>{}"]
)
def test_json_is_read(form: Any, text: str) -> None:
    """As the whole answer, in a fence, or in tags that may lack their end."""
    assert commands(text.replace("{}", json.dumps(form))) == [RUN]


@pytest.mark.parametrize(
    "text",
    [
        f'[TOOL_CALLS] [{{"name": "bash", "arguments": {json.dumps(GIVEN)}}}]',
        f'<|python_tag|>{{"name": "bash", "parameters": {json.dumps(GIVEN)}}}',
        f"<tool_call>\n<function=bash>\n<parameter=command>\n{RUN}\n</parameter>\n</function>\n</tool_call>",
    ],
)
def test_the_forms_of_model_families_are_read(text: str) -> None:
    """Of Mistral, Llama and Qwen."""
    assert commands(text) == [RUN]


@pytest.mark.parametrize(
    "form",
    [
        f"<tool_call>{json.dumps({'name': 'bash', 'arguments': GIVEN})}</tool_call>",
        f"<function=bash><parameter=command>{RUN}</parameter></function>",
        f"[TOOL_CALLS] {json.dumps([{'name': 'bash', 'arguments': GIVEN}])}",
    ],
)
@pytest.mark.parametrize("text", ["REFUSE: it adds `{}`.", 'REFUSE: it adds "{}".', "The diff has:\n\n+{}\n\nREFUSE: no."])
def test_a_quotation_is_no_call(text: str, form: str) -> None:
    """Of a file that its author wrote so that a critic runs it instead of ending with a verdict."""
    assert commands(text.replace("{}", form)) == []


def test_several_calls_are_several() -> None:
    """In order."""
    calls = "".join(f"<tool_call>{json.dumps({'name': 'bash', 'arguments': {'command': c}})}</tool_call>" for c in "abc")
    assert commands(f"Now:\n{calls}") == ["a", "b", "c"]


@pytest.mark.parametrize("language", ["bash", "sh", "shell", "console", "BASH"])
def test_a_lone_block_of_shell_may_be_a_call(language: str) -> None:
    """Of our agent alone, for which it is looked at apart; a prompt before its lines is no part of it."""
    text = f"I edit it.\n\n```{language}\n$ cat a\n$ rm a\n```\n"
    assert (commands(text), shell_block(text)) == ([], "cat a\nrm a")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "All done.",
        "```python\nimport os\n```",
        "```bash\na\n```\nor\n```bash\nb\n```",
        "```bash\n\n```",
        "Use `bash` to run it.",
        '{"name": "python", "arguments": {"command": "x"}}',
        '{"command": "x", "note": "of a config file"}',
        '```json\n{"lr": 0.1}\n```',
        'I set this in the settings:\n```json\n{"script": "train.py"}\n```',
        '{"name": "bash", "arguments": {"command": 7}}',
        "<tool_call>no JSON</tool_call>",
        "{" * 1000,
        'HYPOTHESIS: a JSON {"command": "x"} in a sentence',
    ],
)
def test_everything_else_is_words(text: str) -> None:
    """Another tool, two blocks, other JSON, broken JSON."""
    assert not commands(text) and not shell_block(text)


@pytest.mark.timeout(60)  # a pattern that tries all ways takes hours
@pytest.mark.parametrize(
    "text",
    [
        "```\n" * 16_000,
        "```a\n" * 13_000,
        "<tool_call>" * 6_000,
        "<function=bash>\n<parameter=command>\n" * 1_700,
        "[TOOL_CALLS]" * 5_000,
        "[" * 64_000,
        "```json\n" + "[" * 60_000 + "\n```",
        "~" * 64_000,
    ],
    ids=range(8),
)
def test_hostile_texts_are_read_in_no_time(text: str) -> None:
    """Nothing in them makes reading slow."""
    assert not commands(text) and not shell_block(text)


def test_calls_are_bounded() -> None:
    """In number and length; one character more than may run is kept, so that the command is refused and not run in part."""
    call = f"<tool_call>{json.dumps({'name': 'bash', 'arguments': {'command': 'x' * 2 * LONGEST}})}</tool_call>"
    assert [len(command) for command in commands(call * 2 * CALLS)] == [LONGEST + 1] * CALLS


def test_doubled_braces_are_read() -> None:
    """Small models copy the braces of a template."""
    assert commands('{{"name": "bash", "arguments": {"command": "ls"}}}') == ["ls"]
    assert commands('{{"name": "bash"') == []
