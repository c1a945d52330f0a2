"""Runs inside the measured program as its `sitecustomize`: notes where it spends its time, or which lines it executes.

OVERNIGHT_PROFILE names what to do, `samples` or `lines`; the folder whose files count; and the file that gets a line of JSON
for each process: {path: {line: count}}. It needs the standard library alone, of any Python 3.

Does not cover: threads other than the main one, when samples are taken; a process that ends without its exit handlers.
"""

# mypy: ignore-errors
# It has no annotations, for any Python 3.
import atexit
import json
import os
import signal
import sys
import threading

SAMPLE_S = 0.001  # of processor time
CALLS, EVENTS = 400, 40_000  # that are traced of one function, and of its lines: enough to know what is executed


def main():
    """Begin, as the environment says."""
    mode, root, target = os.environ["OVERNIGHT_PROFILE"].split("|")
    counts = {}

    def save():
        sys.settrace(None)
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = {}
        for (path, line), count in counts.items():
            found.setdefault(os.path.relpath(os.path.abspath(path), root), {})[line] = count
        with open(target, "a") as file:
            file.write(json.dumps(found) + "\n")

    def within(path):
        return os.path.abspath(path).startswith(root) and not path.startswith("<")

    known = {}

    def sample(_signal, frame):
        while frame is not None:
            path = frame.f_code.co_filename
            if path not in known:
                known[path] = within(path)
            if known[path]:
                place = path, frame.f_lineno or frame.f_code.co_firstlineno
                counts[place] = counts.get(place, 0) + 1
                return
            frame = frame.f_back

    calls, events = {}, {}

    def local(frame, event, _value):
        if event == "line":
            code = frame.f_code
            place = code.co_filename, frame.f_lineno
            counts[place] = counts.get(place, 0) + 1
            events[code] = events.get(code, 0) + 1
            if events[code] > EVENTS:
                frame.f_trace_lines = False
        return local

    def trace(frame, _event, _value):
        code = frame.f_code
        if code not in calls:
            calls[code] = CALLS if within(code.co_filename) else 0
        if not calls[code]:
            return None
        calls[code] -= 1
        return local

    atexit.register(save)
    if mode == "samples":
        signal.signal(signal.SIGPROF, sample)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)
    else:
        threading.settrace(trace)
        sys.settrace(trace)


if "OVERNIGHT_PROFILE" in os.environ:
    main()
