"""Runs in a jail of its own: the checks of a step, which ask the learner's program over a socket; imports nothing of ours.

Writes the outcome as one JSON line. Everything that comes over the socket is the learner's: values, at most so many bytes.
"""

import builtins
import contextlib
import json
import os
import random
import re
import sys

MOST_BYTES = 4_100_000  # of an answer
SHOWN = 2000  # characters of a message


class LearnerError(Exception):
    """The learner's program raised, ended, or answered with what is no value."""


class Learner:
    """The learner's program, as checks see it."""

    def __init__(self, talk: int, campaign: object) -> None:
        self.rng = random.Random(os.urandom(16))  # noqa: S311  # numbers that are not known before
        self.campaign = campaign
        self._asked = os.fdopen(os.dup(talk), "wb")
        self._answers = os.fdopen(talk, "rb")

    def eval(self, expression: str) -> object:
        """The value of an expression over the names of answer.py."""
        name = os.urandom(8).hex()
        with contextlib.suppress(OSError):
            self._asked.write(json.dumps({"id": name, "expression": expression}).encode() + b"\n")
            self._asked.flush()
        return self.answer(name)

    def answer(self, name: str) -> object:
        """The answer to one request."""
        line = self._answers.readline(MOST_BYTES)
        if not line.endswith(b"\n"):
            raise LearnerError("the program ended, or took too long")
        try:
            found = json.loads(line)
            said = found.get("error") if found["id"] == name else "the program answered before it was asked"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise LearnerError("the program wrote where only answers go") from None
        if said is not None:
            raise LearnerError(str(said)[:SHOWN])
        return found.get("value")


def main() -> None:
    """Run all checks, and say what came of each."""
    out = os.dup(2)
    talk = os.dup(0)
    for each in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), each)
    sys.dont_write_bytecode = True
    builtins.LearnerError = LearnerError  # type: ignore[attr-defined]  # a name that checks have
    with contextlib.suppress(FileNotFoundError), open("campaign.json", encoding="utf-8") as file:  # noqa: PTH123
        builtins.campaign = json.load(file)  # type: ignore[attr-defined]
    learner = Learner(talk, getattr(builtins, "campaign", {}))
    outcome: dict[str, object] = {"checks": [], "fault": ""}
    try:
        learner.answer("load")
    except LearnerError as error:
        outcome["checks"] = [_outcome("load", "Your program runs.", str(error), "")]
    else:
        try:
            outcome["checks"] = _checked(learner)
        except BaseException as error:  # noqa: BLE001  # the curriculum's
            outcome["fault"] = _line(error)
    with os.fdopen(out, "w", encoding="utf-8") as file:
        file.write(json.dumps(outcome) + "\n")


def _checked(learner: Learner) -> list[dict[str, str]]:
    names: dict[str, object] = {"__name__": "check", "__file__": "check.py"}
    with open("check.py", encoding="utf-8") as file:  # noqa: PTH123
        source = file.read()
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    exec(compile(source, "check.py", "exec"), names)  # noqa: S102  # the curriculum's, in the jail
    explains = names.get("EXPLAINS")
    found = []
    for name, check in list(names.items()):
        if name.startswith("check_") and callable(check):
            why = ""
            try:
                check(learner)
            except AssertionError as error:
                why = str(error) or "it does not hold"
            except LearnerError as error:
                why = f"your program: {error}"
            except (TypeError, ValueError, ArithmeticError, LookupError) as error:
                why = f"your program gave a value of another form than was asked for ({_line(error)})"
            belief = explains.get(name, "") if why and isinstance(explains, dict) else ""
            found.append(_outcome(name, check.__doc__ or name, why, str(belief)))
    return found


def _outcome(name: str, about: str, why: str, belief: str) -> dict[str, str]:
    return {"name": name, "about": re.sub(r"\s+", " ", about).strip()[:SHOWN], "why": why[:SHOWN], "belief": belief}


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:SHOWN]


if __name__ == "__main__":
    main()
