"""Runs in the jail beside the learner's program: answers expressions with values; imports nothing of ours.

Whatever the program forges are values that it could have computed as well; what they mean is judged in another process.
"""

import contextlib
import io
import json
import os
import sys

MOST_BYTES = 4_000_000  # of an answer


def main() -> None:
    """Load answer.py, then answer expressions, one a line, until the other side ends."""
    talk = os.dup(0)
    os.dup2(2, 1)  # what the program prints is for the learner, not for the check
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # pathlib is not needed for anything else here
    sys.dont_write_bytecode = True
    with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(talk), "rb") as asked, os.fdopen(talk, "wb") as answers:
        names: dict[str, object] = {"__name__": "answer", "__file__": "answer.py"}
        _send(answers, _loaded(names))
        for line in asked:
            request = json.loads(line)
            _send(answers, {"id": request["id"], **_value(request["expression"], names)})


def _loaded(names: dict[str, object]) -> dict[str, object]:
    try:
        with open("answer.py", encoding="utf-8") as file:  # noqa: PTH123
            source = file.read()
        exec(compile(source, "answer.py", "exec"), names)  # noqa: S102  # the learner's, in the jail
    except BaseException as error:  # noqa: BLE001  # also SystemExit: it is what the learner's program did
        return {"id": "load", "error": _said(error)}
    return {"id": "load", "value": None}


def _value(expression: str, names: dict[str, object]) -> dict[str, object]:
    try:
        value = eval(expression, names)  # noqa: S307  # the check's, over the learner's names
        return {"value": _plain(value)}
    except BaseException as error:  # noqa: BLE001
        return {"error": _said(error)}


def _plain(value: object) -> object:
    """The value as JSON has it: a subclass of a number or a text is that."""
    if value is None or isinstance(value, bool):
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            return plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {each if isinstance(each, str) else json.dumps(_plain(each)): _plain(item) for each, item in value.items()}
    raise TypeError(f"a {type(value).__name__} is no number, text, list or dict")


def _said(error: BaseException) -> str:
    """The last line of a traceback, with the line of the program that it came from; learners know no answer.py."""
    import traceback

    text = "the program ended itself" if isinstance(error, SystemExit) else ""
    with contextlib.suppress(BaseException):
        text = text or traceback.format_exception_only(type(error), error)[-1].strip()
        frames = traceback.extract_tb(error.__traceback__)
        line = next((each.lineno for each in reversed(frames) if each.filename == "answer.py"), None)
        if isinstance(error, SyntaxError) and error.filename == "answer.py":
            line = error.lineno
        text += f" (line {line})" if line else ""
    return text[:500] or type(error).__name__


def _send(answers: io.BufferedWriter, message: dict[str, object]) -> None:
    try:
        line = json.dumps(message)
    except BaseException as error:  # noqa: BLE001  # lone surrogates, huge integers, endless nesting
        line = json.dumps({"id": message["id"], "error": _said(error)})
    if len(line) > MOST_BYTES:
        line = json.dumps({"id": message["id"], "error": f"the value is larger than {MOST_BYTES:,} bytes"})
    answers.write(line.encode() + b"\n")
    answers.flush()


if __name__ == "__main__":
    main()
