"""Where each operation is in REST, and how it is called there."""

from overnight.operations.operation import AnyOperation, Tier

BASE = "/api/v1"
REPOS = "repos"  # the part of an address before a repository's name; no operation begins with this word
KEY = "Idempotency-Key"
MOST_KEY = 200  # characters


def method_of(operation: AnyOperation) -> str:
    """How it is called: what only reads, whatever it is given, and answers at once, by GET."""
    return "GET" if operation.tier is Tier.READ and not operation.lasts and operation.raised is None else "POST"


def address_of_operation(operation: AnyOperation, repository: str = "{repo}") -> str:
    """Where it is."""
    words = operation.name.replace(" ", "/")
    return f"{BASE}/{words}" if operation.of_machine else f"{BASE}/{REPOS}/{repository}/{words}"
