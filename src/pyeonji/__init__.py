"""pyeonji (편지): a complete e-mail system in which every letter's journey can be seen."""

__version__ = "0.1.0"
