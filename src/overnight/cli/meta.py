"""`overnight meta`: campaigns over a research organisation; the same words as for campaigns."""

from overnight.cli.command_of import OperationGroup
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module; the others are made from operations
    "init": "meta_init",
    "check": "meta_check",
    "run": "meta_run",
    "demo": "meta_demo",
}
ORDER = ("init", "check", "run", "status", "log", "show", "brief", "report", "audit", "finalize", "demo")

meta = OperationGroup("meta", names(added=False), about=COMMANDS["meta"][1], by_hand=MODULES, order=ORDER)
