"""Small repositories that cases change."""

from evidence_cases.case import World

PRICES = '''\
"""Prices of a shop."""


def net(price, rate):
    """A price without its tax."""
    return round(price / (1 + rate), 2)


def total(items):
    """The sum of prices times amounts."""
    return round(sum(price * amount for price, amount in items), 2)
'''
TEST_PRICES = """\
import unittest

from shop.prices import net, total


class Prices(unittest.TestCase):
    def test_net(self):
        self.assertEqual(net(119, 0.19), 100)
        self.assertEqual(net(0, 0.19), 0)

    def test_total(self):
        self.assertEqual(total([(1.5, 2), (2, 1)]), 5)

    def test_total_of_nothing(self):
        self.assertEqual(total([]), 0)


if __name__ == "__main__":
    unittest.main()
"""
SHOP = World(
    files={
        "shop/__init__.py": "",
        "shop/prices.py": PRICES,
        "tests/__init__.py": "",
        "tests/test_prices.py": TEST_PRICES,
        "README.md": "# Shop\n",
    },
    check="python -m unittest discover -s tests -t .",
    test="python -m unittest {files}",
)
WORDS = '''\
"""Words of a text."""

import re

WORD = re.compile(r"[a-z]+")


def words(text):
    """The words of a text, in lower case."""
    return WORD.findall(text.lower())


def longest(text):
    """Its longest word; the first of several."""
    return max(words(text), key=len, default="")
'''
CLI = '''\
"""The command line."""

import argparse

from textkit.words import longest, words


def main(arguments=None):
    """Print what is asked for."""
    parser = argparse.ArgumentParser(prog="textkit")
    parser.add_argument("text")
    parser.add_argument("--longest", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.longest:
        print(longest(asked.text))
    else:
        print(len(words(asked.text)))
    return 0
'''
TEST_WORDS = """\
import pytest

from textkit.words import longest, words


def test_words_are_in_lower_case():
    assert words("One two, THREE") == ["one", "two", "three"]


@pytest.mark.parametrize("text, word", [("a bcd ef", "bcd"), ("", ""), ("aa bb", "aa")])
def test_longest(text, word):
    assert longest(text) == word
"""
TEST_CLI = """\
from textkit.cli import main


def test_it_counts_words(capsys):
    assert main(["one two"]) == 0
    assert capsys.readouterr().out == "2\\n"


def test_it_finds_the_longest(capsys):
    main(["--longest", "a bcd"])
    assert capsys.readouterr().out == "bcd\\n"
"""
TEXTKIT = World(
    files={
        "textkit/__init__.py": "",
        "textkit/words.py": WORDS,
        "textkit/cli.py": CLI,
        "tests/test_words.py": TEST_WORDS,
        "tests/test_cli.py": TEST_CLI,
        "tests/conftest.py": "import sys\nimport pathlib\n\nsys.path.insert(0, str(pathlib.Path(__file__).parent.parent))\n",
        "pyproject.toml": '[project]\nname = "textkit"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    },
    check="python -m pytest -q -p no:cacheprovider",
    test="python -m pytest -q -p no:cacheprovider {files}",
    needs="pytest",
)
LIB = """\
"use strict";

function add(a, b) {
  return a + b;
}

function shout(text) {
  return text.toUpperCase() + "!";
}

module.exports = { add, shout };
"""
TEST_LIB = """\
const test = require("node:test");
const assert = require("node:assert");
const lib = require("../lib.js");

test("adds", () => {
  assert.strictEqual(lib.add(1, 2), 3);
});

test("shouts", () => {
  assert.strictEqual(lib.shout("a"), "A!");
});
"""
NODE = World(
    files={
        "lib.js": LIB,
        "test/lib.test.js": TEST_LIB,
        "package.json": '{"name": "lib", "version": "1.0.0", "scripts": {"test": "node --test test/"}}\n',
    },
    check="node --test test/",
    test="node --test {files}",
    needs="node",
)
GREET = """\
#!/bin/sh
# Greets somebody.
name=${1:-world}
echo "hello, $name"
"""
SHELL = World(
    files={
        "greet.sh": GREET,
        "tests/test_greet.sh": 'set -e\n[ "$(sh greet.sh)" = "hello, world" ]\n[ "$(sh greet.sh you)" = "hello, you" ]\n',
        "check.sh": "set -e\nfor each in tests/test_*.sh; do sh $each; done\n",
    },
    check="sh check.sh",
)
TASKS = '''\
"""A list of tasks in a file."""

import json
import pathlib
import sys


class Tasks:
    """Tasks, in the order in which they came."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.items = json.loads(self.path.read_text()) if self.path.exists() else []

    def add(self, title):
        """A new task at the end; its number."""
        self.items.append({"title": title, "done": False})
        self._save()
        return len(self.items)

    def done(self, number):
        """A task is done."""
        self.items[number - 1]["done"] = True
        self._save()

    def _save(self):
        self.path.write_text(json.dumps(self.items))


def main(arguments):
    """Run a command."""
    tasks = Tasks("tasks.json")
    command, *rest = arguments
    if command == "add":
        print(tasks.add(" ".join(rest)))
    elif command == "done":
        tasks.done(int(rest[0]))
    elif command == "list":
        for number, item in enumerate(tasks.items, 1):
            print(number, "x" if item["done"] else "-", item["title"])
    else:
        print(f"no command: {command}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''
TEST_TASKS = """\
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tasks import Tasks

PROGRAM = pathlib.Path(__file__).with_name("tasks.py")


class Listed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "tasks.json")

    def run_it(self, *arguments):
        return subprocess.run([sys.executable, PROGRAM, *arguments], cwd=self.folder.name, capture_output=True, text=True)

    def test_added(self):
        self.assertEqual(Tasks(self.path).add("a"), 1)
        self.assertEqual([item["title"] for item in Tasks(self.path).items], ["a"])

    def test_listed(self):
        self.run_it("add", "buy", "tea")
        self.run_it("done", "1")
        self.assertEqual(self.run_it("list").stdout, "1 x buy tea\\n")

    def test_no_command(self):
        self.assertEqual(self.run_it("fly").returncode, 2)
"""
TODO = World(
    files={"tasks.py": TASKS, "test_tasks.py": TEST_TASKS, "Makefile": "check:\n\tpython -m unittest -q\n"},
    check="python -m unittest -v",
)
