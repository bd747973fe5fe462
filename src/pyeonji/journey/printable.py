"""What a stranger has said, for terminals and logs."""


def printable(text: str) -> str:
    """Control characters become their escapes: they steer no terminal (S26), and begin no line of their own."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
