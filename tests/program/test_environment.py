"""`env:` of a program: what it may set, and what looks like a secret."""

import pytest

from overnight.errors import ProgramError
from overnight.jail.job import with_variables
from overnight.program.environment import LONGEST, gpu_notes, secret_notes
from overnight.program.parser import parse_program


def env(text: str) -> tuple[tuple[str, str], ...]:
    return parse_program(f"---\nmetric: loss\nmeasure: x\n{text}\n---\n", "program.md").env


def test_values_are_texts_and_whole_numbers() -> None:
    """A value is taken as it stands, also an empty one, in the order of the file."""
    found = env('env: {B: 1, A: "0.5", C: "", D: "it\'s $HOME", _e9: x=y}')
    assert found == (("B", "1"), ("A", "0.5"), ("C", ""), ("D", "it's $HOME"), ("_e9", "x=y"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("env: {PATH: /x}", "program.md:4: env.PATH: cannot be set here; the jail decides which folders"),
        ("env: {HOME: /x}", "program.md:4: env.HOME: cannot be set here"),
        ("env: {OVERNIGHT_SEED: 1}", "program.md:4: env.OVERNIGHT_SEED: is one of overnight's own"),
        ("env:\n  A: x\n  B: 0.5", "program.md:6: env.B: must be text; put it in quotes"),
        ("env: {A: true}", "env.A: must be text"),
        ("env: {A: [1]}", "env.A: must be text"),
        ("env: {A-B: x}", "env.A-B: is not a variable's name"),
        ("env: {'A=B': x}", "is not a variable's name"),
        ("env: {'A\\n': x}", "is not a variable's name"),
        ('env: {A: "x\\0y"}', "env.A: has an invisible character"),
        ("env: [A]", "env: must be a mapping; write it as `NAME: value`"),
        (f"env: {{A: {'x' * LONGEST}}}", "env: has more than 16,000 characters"),
    ],
)
def test_what_cannot_be_set(text: str, said: str) -> None:
    """A mistake has its line, key and fix."""
    with pytest.raises(ProgramError) as caught:
        env(text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MY_API_KEY", "abcdefgh12"),
        ("HF_TOKEN", "abcdefghij"),
        ("DB_PASSWORD", "correct horse"),
        ("X", "sk-abcdefghijkl"),
        ("URL", "postgres://me:secret@host/db"),
        ("X", "AKIAABCDEFGHIJKL"),
    ],
)
def test_what_looks_like_a_secret(name: str, value: str) -> None:
    """A name or a value that looks like a secret is warned about, by its name alone."""
    [note] = secret_notes([(name, value)])
    assert note.startswith(f"env.{name} looks like a secret") and value not in note


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "false"),
        ("SORT_KEY", "name"),
        ("MAX_TOKEN", "100000000"),
        ("MONKEY", "a long enough text"),
        ("KEY_FILE", "/srv/data/keys.json"),
        ("URL", "http://localhost:8000/x"),
    ],
)
def test_what_does_not(name: str, value: str) -> None:
    """Plain settings are not warned about."""
    assert secret_notes([(name, value)]) == ()


def test_a_value_is_no_shell() -> None:
    """A value is one word, whatever is in it."""
    assert with_variables("make", [("A", "$(id); 'x'"), ("B", "")]) == "export A='$(id); '\"'\"'x'\"'\"''; export B=''; make"


def test_a_variable_that_chooses_among_gpus_is_noted() -> None:
    """Where each trial has GPUs of its own; elsewhere it may hide them all, which is fine."""
    variables = [("CUDA_VISIBLE_DEVICES", "3"), ("OTHER", "1")]
    [note] = gpu_notes(variables, 1)
    assert note.startswith("env.CUDA_VISIBLE_DEVICES is not needed")
    assert gpu_notes(variables, 0) == ()
