"""Work that goes on while nobody looks."""

__version__ = "0.1.0"
