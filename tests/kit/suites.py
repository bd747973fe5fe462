"""Letters and cases collected by others, where they lie beside this checkout or above it; no part of the project."""

from pathlib import Path

FOLDER = Path("shared", "suites")
SUITES = next((up / FOLDER for up in Path(__file__).resolve().parents if (up / FOLDER).is_dir()), None)
MIME = SUITES / "mime" if SUITES else None
SPF = SUITES / "spf" / "rfc7208-tests.yml" if SUITES else None


def collected():
    """{name: path}; none where they are not there."""
    paths = sorted(MIME.rglob("*")) if MIME else []
    return {str(path.relative_to(MIME)): path for path in paths if path.suffix in (".eml", ".msg")}
