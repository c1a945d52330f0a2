"""Where the pictures of a page are."""

from urllib.parse import urlencode

PICTURES = "/pictures"


def picture_address(page: str, name: str) -> str:
    """The address of a picture that the page at an address shows, by its name."""
    return f"{PICTURES}?{urlencode({'page': page, 'name': name})}"
