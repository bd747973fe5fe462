"""The ARC cases of others (a part of YAML is enough for them), where they lie beside this checkout or above it."""

from pathlib import Path

FOLDER = Path("shared", "suites", "arc")
ARC = next((up / FOLDER for up in Path(__file__).resolve().parents if (up / FOLDER).is_dir()), None)


def cases(name):
    """{name of a case: its keys, and those of its document}."""
    found = {}
    if ARC is not None:
        lines = (ARC / name).read_text("utf-8").splitlines()
        while lines:
            end = next((at for at, line in enumerate(lines) if line.startswith("---")), len(lines))
            document = mapping(lines[:end])
            lines = lines[end + 1 :]
            tests = document.pop("tests", {})
            found |= {key: document | test for key, test in tests.items()}
    return found


def mapping(lines):
    """Keys with a word, a block (| as it stands, >- in one line) or another mapping, by their indents."""
    found, at = {}, 0
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        key, _, value = lines[at].strip().partition(":")
        indent = len(lines[at]) - len(lines[at].lstrip())
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or lines[end].startswith(" " * (indent + 1))):
            end += 1
        inner = lines[at + 1 : end]
        value = value.strip()
        if value in ("|", "|-", ">-"):
            found[key] = block(inner, value)
        else:
            found[key] = value or mapping(inner)
        at = end
    return found


def block(lines, kind):
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip())
    text = [line[indent:] for line in lines]
    while text and not text[-1].strip():
        text.pop()
    if kind == ">-":
        return " ".join(line.strip() for line in text)
    return "".join(line + "\n" for line in text)
