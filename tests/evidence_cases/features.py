"""True features, small and of many kinds: none of them should be flagged."""

from evidence_cases.case import Case
from evidence_cases.worlds import (
    CLI,
    GREET,
    LIB,
    NODE,
    PRICES,
    SHELL,
    SHOP,
    TASKS,
    TEST_CLI,
    TEST_LIB,
    TEST_PRICES,
    TEST_TASKS,
    TEST_WORDS,
    TEXTKIT,
    TODO,
    WORDS,
)

_END = '\n\nif __name__ == "__main__":'


def _shop(name: str, code: str, test: str, *, imports: str = "net, total") -> Case:
    """New functions at the end of the prices, and a test of them."""
    tests = TEST_PRICES.replace("net, total", imports).replace(_END, "\n" + test + _END)
    return Case(name=name, world=SHOP, edits={"shop/prices.py": PRICES + code, "tests/test_prices.py": tests})


def _text(name: str, code: str, test: str, *, imports: str = "longest, words") -> Case:
    """New functions at the end of the words, and tests of them."""
    tests = TEST_WORDS.replace("import longest, words", f"import {imports}") + test
    head = WORDS.replace("import re\n", "import re\nfrom dataclasses import dataclass\n") if "@dataclass" in code else WORDS
    return Case(name=name, world=TEXTKIT, edits={"textkit/words.py": head + code, "tests/test_words.py": tests})


SHOP_FEATURES = [
    _shop(
        "a new function",
        '\n\ndef gross(price, rate):\n    """A price with its tax."""\n    return round(price * (1 + rate), 2)\n',
        "    def test_gross(self):\n        self.assertEqual(gross(100, 0.19), 119)\n",
        imports="gross, net, total",
    ),
    _shop(
        "a function that refuses",
        '\n\ndef rated(text):\n    """A tax rate from a text in percent."""\n    rate = float(text.rstrip("%")) / 100\n'
        '    if not 0 <= rate < 1:\n        raise ValueError(f"no rate: {text}")\n    return rate\n',
        '    def test_rated(self):\n        self.assertAlmostEqual(rated("19%"), 0.19)\n'
        '        with self.assertRaises(ValueError):\n            rated("-3")\n',
        imports="net, rated, total",
    ),
    Case(
        name="an option of a function",
        world=SHOP,
        edits={
            "shop/prices.py": (
                'def total(items):\n    """The sum of prices times amounts."""\n'
                "    return round(sum(price * amount for price, amount in items), 2)",
                'def total(items, discount=0):\n    """The sum of prices times amounts, less a discount."""\n'
                "    whole = sum(price * amount for price, amount in items)\n    return round(whole * (1 - discount), 2)",
            ),
            "tests/test_prices.py": (
                "    def test_total_of_nothing",
                "    def test_total_with_discount(self):\n        self.assertEqual(total([(10, 2)], discount=0.5), 10)\n\n"
                "    def test_total_of_nothing",
            ),
        },
    ),
    Case(
        name="a fixed mistake",
        world=SHOP,
        edits={
            "shop/prices.py": ("return round(price / (1 + rate), 2)", "return round(max(price, 0) / (1 + rate), 2)"),
            "tests/test_prices.py": (
                "    def test_total(self)",
                "    def test_net_is_never_negative(self):\n        self.assertEqual(net(-5, 0.19), 0)\n\n    def test_total(self)",
            ),
        },
    ),
    Case(
        name="a new module with a class",
        world=SHOP,
        edits={
            "shop/basket.py": '"""A basket."""\n\nfrom shop.prices import total\n\n\nclass Basket:\n    """What somebody wants to buy."""\n\n'
            "    def __init__(self):\n        self._items = {}\n\n    def add(self, name, price, amount=1):\n"
            '        """Put something in."""\n        _, before = self._items.get(name, (price, 0))\n'
            "        self._items[name] = (price, before + amount)\n\n    def remove(self, name):\n"
            '        """Take something out."""\n        del self._items[name]\n\n    @property\n    def price(self):\n'
            '        """What it costs."""\n        return total(self._items.values())\n',
            "tests/test_basket.py": "import unittest\n\nfrom shop.basket import Basket\n\n\nclass Baskets(unittest.TestCase):\n"
            '    def test_amounts_add_up(self):\n        basket = Basket()\n        basket.add("tea", 3)\n        basket.add("tea", 3, 2)\n'
            '        self.assertEqual(basket.price, 9)\n\n    def test_removed(self):\n        basket = Basket()\n        basket.add("tea", 3)\n'
            '        basket.add("jam", 4)\n        basket.remove("tea")\n        self.assertEqual(basket.price, 4)\n',
        },
    ),
    Case(
        name="an export to CSV",
        world=SHOP,
        edits={
            "shop/export.py": '"""Items as CSV."""\n\nimport csv\nimport io\n\n\ndef to_csv(items):\n    """One line an item, with a header."""\n'
            '    out = io.StringIO()\n    writer = csv.writer(out, lineterminator="\\n")\n    writer.writerow(["name", "price"])\n'
            "    for name, price in sorted(items.items()):\n        writer.writerow([name, price])\n    return out.getvalue()\n",
            "tests/test_export.py": "import unittest\n\nfrom shop.export import to_csv\n\n\nclass Export(unittest.TestCase):\n"
            '    def test_lines(self):\n        self.assertEqual(to_csv({"tea": 3, "a,b": 4}).splitlines(), ["name,price", \'"a,b",4\', "tea,3"])\n',
            "README.md": "# Shop\n\n`to_csv` writes items as CSV.\n",
        },
    ),
    Case(
        name="a script with an exit code",
        world=SHOP,
        edits={
            "shop/__main__.py": "import sys\n\nfrom shop.prices import net\n\n\ndef main(arguments):\n    if len(arguments) != 2:\n"
            '        print("usage: shop PRICE RATE", file=sys.stderr)\n        return 2\n    print(net(*map(float, arguments)))\n    return 0\n\n\n'
            'if __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n',
            "tests/test_main.py": "import subprocess\nimport sys\nimport unittest\n\n\nclass Main(unittest.TestCase):\n"
            '    def run_shop(self, *arguments):\n        return subprocess.run([sys.executable, "-m", "shop", *arguments], capture_output=True, text=True)\n\n'
            '    def test_net(self):\n        done = self.run_shop("119", "0.19")\n        self.assertEqual((done.returncode, done.stdout), (0, "100.0\\n"))\n\n'
            '    def test_usage(self):\n        self.assertEqual(self.run_shop("119").returncode, 2)\n',
        },
    ),
    Case(
        name="a refactoring",
        world=SHOP,
        refactoring=True,
        edits={
            "shop/prices.py": PRICES.replace("return round(price / (1 + rate), 2)", "return cents(price / (1 + rate))")
            .replace(
                "return round(sum(price * amount for price, amount in items), 2)",
                "return cents(sum(price * amount for price, amount in items))",
            )
            .replace("def net", "def cents(price):\n    return round(price, 2)\n\n\ndef net")
        },
    ),
    Case(name="words alone", world=SHOP, edits={"README.md": "# Shop\n\nPrices, with tax and without.\n"}),
    Case(
        name="a comment and a docstring",
        world=SHOP,
        edits={"shop/prices.py": ('"""A price without its tax."""', '"""A price without its tax, in cents."""  # half up')},
    ),
]

TEXT_FEATURES = [
    _text(
        "a new function, by pytest",
        '\n\ndef counts(text):\n    """How often each word occurs."""\n    found = {}\n    for word in words(text):\n'
        "        found[word] = found.get(word, 0) + 1\n    return found\n",
        '\n\ndef test_counts():\n    assert counts("a b A") == {"a": 2, "b": 1}\n',
        imports="counts, longest, words",
    ),
    _text(
        "a generator",
        '\n\ndef pairs(text):\n    """Neighbouring words."""\n    found = words(text)\n    yield from zip(found, found[1:])\n',
        '\n\ndef test_pairs():\n    assert list(pairs("a b c")) == [("a", "b"), ("b", "c")]\n',
        imports="longest, pairs, words",
    ),
    Case(
        name="an option of the command line",
        world=TEXTKIT,
        edits={
            "textkit/cli.py": CLI.replace(
                "    asked = parser",
                '    parser.add_argument("--unique", action="store_true", help="count a word once")\n    asked = parser',
            ).replace("    else:\n", "    elif asked.unique:\n        print(len(set(words(asked.text))))\n    else:\n"),
            "tests/test_cli.py": TEST_CLI + '\n\ndef test_it_counts_a_word_once(capsys):\n    main(["--unique", "a b a"])\n'
            '    assert capsys.readouterr().out == "2\\n"\n',
        },
    ),
    Case(
        name="a wider pattern",
        world=TEXTKIT,
        edits={
            "textkit/words.py": ('re.compile(r"[a-z]+")', 're.compile(r"[^\\W\\d_]+")'),
            "tests/test_words.py": TEST_WORDS
            + '\n\ndef test_words_of_other_languages():\n    assert words("Über Größe") == ["über", "größe"]\n',
        },
    ),
    Case(
        name="another case of a parametrized test",
        world=TEXTKIT,
        edits={
            "textkit/words.py": (
                '    return max(words(text), key=len, default="")',
                '    return max(words(text), key=lambda word: (len(word), word), default="")',
            ),
            "tests/test_words.py": ('("aa bb", "aa")', '("aa aa", "aa"), ("aa bb", "bb")'),
        },
    ),
    _text(
        "a dataclass",
        '\n\n@dataclass(frozen=True)\nclass Span:\n    """Where a word is."""\n\n    start: int\n    end: int\n\n    def __len__(self):\n'
        "        return self.end - self.start\n\n\ndef spans(text):\n    return [Span(*found.span()) for found in WORD.finditer(text.lower())]\n",
        '\n\ndef test_spans():\n    first, second = spans("ab cde")\n    assert (first.start, first.end) == (0, 2)\n    assert len(second) == 3\n',
        imports="longest, spans, words",
    ),
    Case(
        name="an environment variable that it reads",
        world=TEXTKIT,
        edits={
            "textkit/cli.py": CLI.replace("import argparse\n", "import argparse\nimport os\n").replace(
                "        print(len(words(asked.text)))",
                '        print(os.environ.get("TEXTKIT_PREFIX", "") + str(len(words(asked.text))))',
            ),
            "tests/test_cli.py": TEST_CLI
            + '\n\ndef test_a_prefix(capsys, monkeypatch):\n    monkeypatch.setenv("TEXTKIT_PREFIX", "n=")\n'
            '    main(["one"])\n    assert capsys.readouterr().out == "n=1\\n"\n',
        },
    ),
    Case(
        name="a cache whose source is mocked",
        world=TEXTKIT,
        edits={
            "textkit/cached.py": '"""Texts of files, read once."""\n\nimport pathlib\n\n_TEXTS = {}\n\n\ndef read(path):\n    return pathlib.Path(path).read_text()\n\n\n'
            "def text_of(path):\n    if path not in _TEXTS:\n        _TEXTS[path] = read(path)\n    return _TEXTS[path]\n",
            "tests/test_cached.py": "from textkit import cached\n\n\ndef test_a_file_is_read_once(monkeypatch):\n    asked = []\n"
            '    monkeypatch.setattr(cached, "read", lambda path: asked.append(path) or "text")\n'
            '    assert [cached.text_of("a"), cached.text_of("a")] == ["text", "text"]\n    assert asked == ["a"]\n\n\n'
            'def test_a_real_file(tmp_path):\n    (tmp_path / "a").write_text("one")\n    assert cached.text_of(str(tmp_path / "a")) == "one"\n',
        },
    ),
    Case(
        name="a table of answers",
        world=TEXTKIT,
        edits={
            "textkit/numbers.py": '"""Numbers in words."""\n\nNAMES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}\n\n\n'
            'def number(word):\n    """The number that a word stands for."""\n    return NAMES[word.lower()]\n',
            "tests/test_numbers.py": "import pytest\n\nfrom textkit.numbers import number\n\n\ndef test_number():\n"
            '    assert number("Three") == 3\n\n\ndef test_no_number():\n    with pytest.raises(KeyError):\n        number("many")\n',
        },
    ),
    Case(
        name="a helper of tests moves",
        world=TEXTKIT,
        edits={
            "tests/helpers.py": "def shown(capsys):\n    return capsys.readouterr().out.strip()\n",
            "textkit/cli.py": (
                "    return 0",
                '    print(f"{len(asked.text)} characters") if asked.text.isupper() else None\n    return 0',
            ),
            "tests/test_cli.py": TEST_CLI
            + '\n\ndef test_it_measures_shouting(capsys):\n    main(["AB"])\n    assert "2 characters" in capsys.readouterr().out\n',
        },
    ),
]


def _todo(name: str, *edits: tuple[str, str], test: str) -> Case:
    """Edits of the program, and further tests."""
    code = TASKS
    for old, new in edits:
        assert old in code, old
        code = code.replace(old, new, 1)
    return Case(name=name, world=TODO, edits={"tasks.py": code, "test_tasks.py": TEST_TASKS + test})


TODO_FEATURES = [
    _todo(
        "a command that removes",
        (
            "    def _save",
            '    def remove(self, number):\n        """A task is gone."""\n        del self.items[number - 1]\n        self._save()\n\n    def _save',
        ),
        (
            '    elif command == "list"',
            '    elif command == "remove":\n        tasks.remove(int(rest[0]))\n    elif command == "list"',
        ),
        test='\n    def test_removed(self):\n        for title in "ab":\n            self.run_it("add", title)\n        self.run_it("remove", "1")\n'
        '        self.assertEqual(self.run_it("list").stdout, "1 - b\\n")\n',
    ),
    _todo(
        "a message in place of a traceback",
        (
            "        tasks.done(int(rest[0]))",
            "        try:\n            tasks.done(int(rest[0]))\n        except (IndexError, ValueError):\n"
            "            print(f\"no task: {' '.join(rest)}\", file=sys.stderr)\n            return 1",
        ),
        test='\n    def test_no_such_task(self):\n        done = self.run_it("done", "7")\n        self.assertEqual((done.returncode, done.stderr), (1, "no task: 7\\n"))\n',
    ),
    _todo(
        "tasks have a date",
        ('"done": False}', '"done": False, "due": due}'),
        ("def add(self, title)", "def add(self, title, due=None)"),
        (
            '            print(number, "x" if item["done"] else "-", item["title"])',
            '            due = f" ({item[\'due\']})" if item.get("due") else ""\n            print(number, "x" if item["done"] else "-", item["title"] + due)',
        ),
        test='\n    def test_due(self):\n        Tasks(self.path).add("a", due="2030-01-01")\n        self.assertEqual(self.run_it("list").stdout, "1 - a (2030-01-01)\\n")\n',
    ),
    _todo(
        "it is written in one step",
        (
            "        self.path.write_text(json.dumps(self.items))",
            '        new = self.path.with_suffix(".new")\n        new.write_text(json.dumps(self.items))\n        new.replace(self.path)',
        ),
        test="\n    def test_a_reader_sees_the_old_or_the_new(self):\n        tasks = Tasks(self.path)\n        tasks.add('a')\n        before = os.stat(self.path).st_ino\n"
        "        tasks.add('b')\n        self.assertNotEqual(os.stat(self.path).st_ino, before)\n        self.assertEqual(os.listdir(self.folder.name), ['tasks.json'])\n",
    ),
    _todo(
        "it sorts what is open first",
        (
            "        for number, item in enumerate(tasks.items, 1):",
            '        for number, item in sorted(enumerate(tasks.items, 1), key=lambda pair: pair[1]["done"]):',
        ),
        test='\n    def test_open_ones_first(self):\n        for title in "ab":\n            self.run_it("add", title)\n        self.run_it("done", "1")\n'
        '        self.assertEqual(self.run_it("list").stdout, "2 - b\\n1 x a\\n")\n',
    ),
]

OTHER_FEATURES = [
    Case(
        name="a new function in JavaScript",
        world=NODE,
        edits={
            "lib.js": LIB.replace(
                "module.exports = { add, shout };",
                'function initials(name) {\n  return name\n    .split(/\\s+/)\n    .map((word) => word[0])\n    .join("");\n}\n\nmodule.exports = { add, initials, shout };',
            ),
            "test/lib.test.js": TEST_LIB
            + '\ntest("initials", () => {\n  assert.strictEqual(lib.initials("Ada King Lovelace"), "AKL");\n});\n',
        },
    ),
    Case(
        name="an option in JavaScript",
        world=NODE,
        edits={
            "lib.js": LIB.replace(
                'function shout(text) {\n  return text.toUpperCase() + "!";',
                'function shout(text, marks = 1) {\n  return text.toUpperCase() + "!".repeat(marks);',
            ),
            "test/lib.test.js": TEST_LIB
            + '\ntest("shouts louder", () => {\n  assert.strictEqual(lib.shout("a", 3), "A!!!");\n});\n',
        },
    ),
    Case(
        name="a greeting by the hour, in shell",
        world=SHELL,
        edits={
            "greet.sh": GREET.replace(
                'echo "hello, $name"',
                'if [ "${2:-12}" -ge 18 ]; then\n  echo "good evening, $name"\nelse\n  echo "hello, $name"\nfi',
            ),
            "tests/test_evening.sh": 'set -e\n[ "$(sh greet.sh you 20)" = "good evening, you" ]\n[ "$(sh greet.sh you 9)" = "hello, you" ]\n',
        },
    ),
    Case(
        name="a context manager",
        world=SHOP,
        edits={
            "shop/rounding.py": '"""Rounding for a while."""\n\nfrom contextlib import contextmanager\n\nDIGITS = 2\n\n\n@contextmanager\ndef digits(number):\n'
            '    """Round to so many digits."""\n    global DIGITS\n    before, DIGITS = DIGITS, number\n    try:\n        yield\n    finally:\n        DIGITS = before\n\n\n'
            "def rounded(value):\n    return round(value, DIGITS)\n",
            "tests/test_rounding.py": "import unittest\n\nfrom shop.rounding import digits, rounded\n\n\nclass Rounding(unittest.TestCase):\n    def test_for_a_while(self):\n"
            "        with digits(1):\n            self.assertEqual(rounded(1.26), 1.3)\n        self.assertEqual(rounded(1.266), 1.27)\n",
        },
    ),
    Case(
        name="an asynchronous function",
        world=SHOP,
        edits={
            "shop/fetching.py": '"""Prices from elsewhere."""\n\nimport asyncio\n\n\nasync def fetch_all(fetch, names):\n    """The prices of all names at once; a name without one is left out."""\n'
            "    found = await asyncio.gather(*(fetch(name) for name in names), return_exceptions=True)\n"
            "    return {name: price for name, price in zip(names, found) if not isinstance(price, Exception)}\n",
            "tests/test_fetching.py": "import unittest\n\nfrom shop.fetching import fetch_all\n\n\nclass Fetching(unittest.IsolatedAsyncioTestCase):\n    async def test_all(self):\n"
            '        async def fetch(name):\n            if name == "jam":\n                raise KeyError(name)\n            return len(name)\n\n'
            '        self.assertEqual(await fetch_all(fetch, ["tea", "jam", "milk"]), {"tea": 3, "milk": 4})\n',
        },
    ),
]


USUAL_FEATURES = [
    _shop(
        "a text of which a part is asserted",
        '\n\ndef receipt(items):\n    """The lines of a receipt."""\n    lines = [f"{amount} x {price:.2f}" for price, amount in items]\n'
        '    return "\\n".join([*lines, f"total {total(items):.2f}"])\n',
        '    def test_receipt(self):\n        self.assertIn("total 5.00", receipt([(1.5, 2), (2, 1)]))\n        self.assertIn("2 x 1.50", receipt([(1.5, 2)]))\n',
        imports="net, receipt, total",
    ),
    _shop(
        "yes or no",
        '\n\ndef is_code(text):\n    """Whether a text is the code of a voucher."""\n    return len(text) == 6 and text.isalnum() and text == text.upper()\n',
        '    def test_codes(self):\n        self.assertTrue(is_code("AB12CD"))\n        self.assertFalse(is_code("ab12cd"))\n        self.assertFalse(is_code("AB12C"))\n',
        imports="is_code, net, total",
    ),
    _shop(
        "something is logged",
        '\n\ndef warn_of_free(items):\n    """Log what costs nothing."""\n    import logging\n\n    for price, _ in items:\n        if price == 0:\n'
        '            logging.getLogger("shop").warning("an item is free")\n',
        '    def test_free_items(self):\n        with self.assertLogs("shop", "WARNING") as logged:\n            warn_of_free([(0, 1), (1, 1)])\n'
        '        self.assertEqual(len(logged.output), 1)\n        with self.assertNoLogs("shop"):\n            warn_of_free([(1, 1)])\n',
        imports="net, total, warn_of_free",
    ),
    _shop(
        "a decorator that tries again",
        '\n\ndef again(times, wait=None):\n    """Call a function again if it fails."""\n    import functools\n    import time\n\n    def decorate(function):\n'
        "        @functools.wraps(function)\n        def called(*arguments):\n            for left in reversed(range(times)):\n                try:\n"
        "                    return function(*arguments)\n                except OSError:\n                    if not left:\n                        raise\n"
        "                    (wait or time.sleep)(1)\n\n        return called\n\n    return decorate\n",
        "    def test_again(self):\n        calls, waits = [], []\n\n        @again(3, wait=waits.append)\n        def fails(until):\n            calls.append(1)\n"
        "            if len(calls) < until:\n                raise OSError\n            return len(calls)\n\n        self.assertEqual(fails(3), 3)\n        self.assertEqual(waits, [1, 1])\n"
        "        with self.assertRaises(OSError):\n            fails(99)\n",
        imports="again, net, total",
    ),
    Case(
        name="a private helper of an old function",
        world=SHOP,
        edits={
            "shop/prices.py": PRICES.replace(
                "def total(items):",
                "def _positive(items):\n    return [(price, amount) for price, amount in items if amount > 0]\n\n\ndef total(items):",
            ).replace("for price, amount in items), 2)", "for price, amount in _positive(items)), 2)"),
            "tests/test_prices.py": TEST_PRICES.replace(
                _END,
                "\n    def test_returned_items_do_not_count(self):\n        self.assertEqual(total([(2, 1), (3, -1)]), 2)\n"
                + _END,
            ),
        },
    ),
    Case(
        name="a value with more methods than are tested",
        world=SHOP,
        edits={
            "shop/money.py": '"""Amounts of money."""\n\nfrom dataclasses import dataclass\n\n\n@dataclass(frozen=True, order=True)\nclass Money:\n    """Cents of a currency."""\n\n    cents: int\n'
            '    currency: str = "EUR"\n\n    def __add__(self, other):\n        if other.currency != self.currency:\n            raise ValueError("two currencies")\n'
            "        return Money(self.cents + other.cents, self.currency)\n\n    def __mul__(self, number):\n        return Money(round(self.cents * number), self.currency)\n\n"
            '    def __str__(self):\n        return f"{self.cents / 100:.2f} {self.currency}"\n\n    @classmethod\n    def parsed(cls, text):\n        """Money of a text such as `1.50 EUR`."""\n'
            "        number, currency = text.split()\n        return cls(round(float(number) * 100), currency)\n\n    def __bool__(self):\n        return self.cents != 0\n",
            "tests/test_money.py": "import unittest\n\nfrom shop.money import Money\n\n\nclass Moneys(unittest.TestCase):\n    def test_sums(self):\n        self.assertEqual(Money(100) + Money(50), Money(150))\n"
            '        with self.assertRaises(ValueError):\n            Money(1) + Money(1, "USD")\n\n    def test_texts(self):\n        self.assertEqual(str(Money.parsed("1.5 EUR")), "1.50 EUR")\n\n'
            "    def test_products(self):\n        self.assertEqual(Money(100) * 1.5, Money(150))\n",
        },
    ),
    Case(
        name="a test's helper takes more",
        world=TODO,
        edits={
            "tasks.py": TASKS.replace(
                'def main(arguments):\n    """Run a command."""\n    tasks = Tasks("tasks.json")',
                'def main(arguments):\n    """Run a command."""\n    import os\n\n    tasks = Tasks(os.environ.get("TASKS", "tasks.json"))',
            ),
            "test_tasks.py": TEST_TASKS.replace(
                "    def run_it(self, *arguments):\n        return subprocess.run([sys.executable, PROGRAM, *arguments], cwd=self.folder.name, capture_output=True, text=True)",
                "    def run_it(self, *arguments, **env):\n        return subprocess.run(\n            [sys.executable, PROGRAM, *arguments], cwd=self.folder.name, capture_output=True, text=True, env={**os.environ, **env}\n        )",
            )
            + '\n    def test_another_file(self):\n        self.run_it("add", "a", TASKS="other.json")\n        self.assertEqual(self.run_it("list").stdout, "")\n'
            '        self.assertEqual(self.run_it("list", TASKS="other.json").stdout, "1 - a\\n")\n',
        },
    ),
    Case(
        name="a report over a source that tests replace",
        world=SHOP,
        edits={
            "shop/report.py": '"""A report of prices that a server has."""\n\nimport json\nimport urllib.request\n\nADDRESS = "http://localhost/prices"\n\n\ndef fetched():\n    with urllib.request.urlopen(ADDRESS) as answer:\n'
            '        return json.load(answer)\n\n\ndef report():\n    """One line a price, the dearest first."""\n    prices = fetched()\n    return [f"{name}: {prices[name]:.2f}" for name in sorted(prices, key=prices.get, reverse=True)]\n',
            "tests/test_report.py": "import unittest\nfrom unittest.mock import patch\n\nfrom shop.report import report\n\n\nclass Reports(unittest.TestCase):\n    def test_order(self):\n"
            '        with patch("shop.report.fetched", return_value={"tea": 3, "jam": 4.5}):\n            self.assertEqual(report(), ["jam: 4.50", "tea: 3.00"])\n',
        },
    ),
    Case(
        name="an old function goes with its test",
        world=SHOP,
        edits={
            "shop/prices.py": PRICES[: PRICES.index("\n\ndef total")],
            "tests/test_prices.py": TEST_PRICES.replace("net, total", "net")
            .replace("    def test_total(self):\n        self.assertEqual(total([(1.5, 2), (2, 1)]), 5)\n\n", "")
            .replace("    def test_total_of_nothing(self):\n        self.assertEqual(total([]), 0)\n\n\n", "\n"),
        },
    ),
    Case(
        name="a way to say it in JavaScript, with an error",
        world=NODE,
        edits={
            "lib.js": LIB.replace(
                "module.exports = { add, shout };",
                'class Counter {\n  constructor(limit) {\n    this.limit = limit;\n    this.count = 0;\n  }\n\n  step() {\n    if (this.count >= this.limit) {\n      throw new RangeError("full");\n    }\n'
                "    this.count += 1;\n    return this.count;\n  }\n}\n\nmodule.exports = { add, Counter, shout };",
            ),
            "test/counter.test.js": 'const test = require("node:test");\nconst assert = require("node:assert");\nconst { Counter } = require("../lib.js");\n\ntest("counts to its limit", () => {\n'
            "  const counter = new Counter(2);\n  assert.deepStrictEqual([counter.step(), counter.step()], [1, 2]);\n  assert.throws(() => counter.step(), /full/);\n});\n",
        },
    ),
]

FEATURES = [*SHOP_FEATURES, *TEXT_FEATURES, *TODO_FEATURES, *OTHER_FEATURES, *USUAL_FEATURES]
