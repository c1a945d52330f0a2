"""A learner's answer and the checks of its step in this process, without the jail: quick enough for many wrong programs."""

import ast
import inspect
import json
import random
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import overnight

LAB = Path(overnight.__file__).parent / "labs/microgpt"
CURRICULA = Path(overnight.__file__).parent / "tutor/curricula"
COURSE = CURRICULA / "microgpt"
CPU_S = 2.0  # of one check; the slowest takes 0.2 s, and a wrong program may loop for ever
AGAIN_S = 0.01  # until it is looked again where the program is
_THEIRS = ("<string>", "check.py", "given.py")  # files of the code that is tested


class LearnerError(Exception):
    """What the learner's code raised, as its check sees it."""


class TooLongError(BaseException):
    """A check that used up its CPU time: no `except Exception` of a learner catches it."""


class Learner:
    """What a check is given: `eval` in the namespace of answer.py, and random numbers that belong to the seed."""

    def __init__(self, space: dict[str, Any], seed: int, campaign: object) -> None:
        self._space = space
        self.rng = random.Random(seed)
        self.campaign = campaign

    def eval(self, expression: str) -> Any:  # a value as JSON carries it
        """Evaluate, as the engine does.

        Raises:
            LearnerError: the learner's code raised something, or its value is nothing that JSON carries.
        """
        try:
            return json.loads(json.dumps(eval(expression, self._space)))
        except Exception as error:
            raise LearnerError(f"{type(error).__name__}: {error}") from error


@contextmanager
def _at_most(cpu_s: float) -> Iterator[None]:
    def stop(_number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename.endswith(_THEIRS):  # in a callback of the collector it would be lost
            raise TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_s, AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@cache
def _compiled(path: Path) -> CodeType:
    return compile(path.read_text(encoding="utf-8"), str(path), "exec")


def _module(name: str, code: CodeType) -> ModuleType:
    module = ModuleType(name)
    exec(code, vars(module))
    return module


def checks_of(step: Path) -> list[Callable[[Learner], None]]:
    """The checks of a step, in the order of its file, which sees `LearnerError` as a builtin."""
    module = ModuleType("check")
    module.__dict__["LearnerError"] = LearnerError
    exec(_compiled(step / "check.py"), vars(module))
    found = [value for name, value in vars(module).items() if name.startswith("check_")]
    return sorted(found, key=lambda check: int(inspect.unwrap(check).__code__.co_firstlineno))


def failures(step: Path, answer: str | CodeType, *, seed: int = 0, all_of_them: bool = True) -> dict[str, str]:
    """What each failing check says, or only the first one; an answer that cannot be loaded fails as `loads`."""
    campaign = json.loads((step / "campaign.json").read_text()) if (step / "campaign.json").exists() else None
    failed: dict[str, str] = {}
    given = f"given_{step.name}"
    try:
        if (step / "given.py").exists():
            sys.modules[given] = _module(given, _compiled(step / "given.py"))
        space: dict[str, Any] = {"__name__": "answer"}
        try:
            with _at_most(CPU_S):
                exec(answer, space)
        except (Exception, TooLongError) as error:  # noqa: BLE001  # whatever a wrong program raises
            return {"loads": repr(error)}
        for check in checks_of(step):
            try:
                with _at_most(CPU_S):
                    check(Learner(space, seed, campaign))
            except (Exception, TooLongError) as error:  # noqa: BLE001  # the same
                failed[check.__name__] = f"{type(error).__name__}: {error}"
                if not all_of_them:
                    break
    finally:
        sys.modules.pop(given, None)
    return failed


def definitions(source: str) -> dict[str, str]:
    """Each function and class at the top of a file by name, without docstrings and comments: what it does."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
                    inner.body = inner.body[1:] or [ast.Pass()]
            found[node.name] = ast.unparse(node)
    return found
