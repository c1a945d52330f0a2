"""`overnight home`: the subcommands by hand are below, all others are made from operations."""

from overnight.cli.command_of import OperationGroup
from overnight.cli.main import COMMANDS
from overnight.operations.registry import names

MODULES = {  # subcommands by hand, each an attribute of its module
    "demo": "home_demo",
    "init": "home_init",
    "twins": "home_twins",
    "watch": "home_watch",
}

home = OperationGroup("home", names(), about=COMMANDS["home"][1], by_hand=MODULES)
