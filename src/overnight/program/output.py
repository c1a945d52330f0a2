"""A job's output as the lines that a person saw: no terminal escapes, and progress bars on lines of their own."""

import re

_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x00-\x1f]*+(?:\x07|\x1b\\)|[@-Z\\^_])")
# Standard output is captured together with standard error, on which a progress bar may have no newline at its end. So what
# is printed next stands behind it: `100%|####| 10/10 [00:01<00:00, 9.9it/s]val_loss: 0.5`. A bar begins with a carriage
# return. A name follows the end of a bar only without a space: what it shows of its own stands behind one.
_BAR_END = rb"(?:[]|)>#=]|[0-9]%|\xe2[\x94-\x97][\x80-\xbf])"  # the last: box drawings and blocks in UTF-8
_NAMED = rb"(?:[A-Za-z_]|[\xc2-\xdf][\x80-\xbf])(?:[\w./@+-]|[\xc2-\xdf][\x80-\xbf]){0,63}[ \t]{0,8}:[ \t]{0,32}[-+.0-9naif]"
_AFTER_BAR = re.compile(rb"\r(?:[^\r\n]{0,4096}?%b(?=%b)|[^\r\n]{1,4096}?(?=(?<![A-Za-z_])METRIC[ \t]))" % (_BAR_END, _NAMED))
_LINE_AGAIN = (b"\x1b[G", b"\x1b[0G", b"\x1b[1G")  # to the first column
# Dots, or a bar that was drawn without a carriage return.
_STUCK = re.compile(rb"(%b|\.\.)(?=METRIC[ \t])" % _BAR_END)


def plain(output: bytes) -> bytes:
    """The output without terminal escapes; what a carriage return would overwrite becomes a line of its own.

    A line that is drawn again by an escape, as benchmark tools do while they measure, is what it is in the end.
    """
    if any(mark in output for mark in _LINE_AGAIN):
        output = b"\n".join(map(_last_drawn, output.split(b"\n")))
    if b"\x1b" in output:
        output = _ESCAPE.sub(b"", output)
    if b"\r" in output:
        output = _AFTER_BAR.sub(rb"\g<0>\n", output.replace(b"\r\n", b"\n")).replace(b"\r", b"\n")
    return _STUCK.sub(rb"\1\n", output) if b"METRIC" in output else output


def _last_drawn(line: bytes) -> bytes:
    return line[max(line.rfind(mark) + len(mark) if mark in line else 0 for mark in _LINE_AGAIN) :]
