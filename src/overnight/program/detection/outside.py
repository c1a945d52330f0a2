"""The metric that is measured from outside, in place of one that only a command's output shows."""

from overnight.program.front_matter import Value

OUTSIDE: Value = {"name": "cpu_s", "direction": "minimize"}
UNREAD = "a result that has to be read from its output"  # in the reason of a metric that stands for it until then
