"""A letter as a form with files (multipart/form-data): the part `message` is the JSON, each file an attachment."""

from collections.abc import AsyncGenerator
from typing import cast

import msgspec
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from pyeonji.web.api.call import Call, decoded
from pyeonji.web.api.letter import MAX_FILES, File, Message
from pyeonji.web.api.problem import Problem, near_of

FORM = "multipart/form-data"
PART = "message"
MAX_MESSAGE = 4 << 20  # octets of that part


async def letter_of_form(call: Call) -> tuple[Message, dict[str, bytes]]:
    """The letter, and what was said by name; raises Problem."""
    stream = cast(AsyncGenerator[bytes, None], call.chunks())
    parser = MultiPartParser(
        call.request.headers, stream, max_files=MAX_FILES, max_fields=1, max_part_size=MAX_MESSAGE
    )  # fmt: skip
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise Problem("bad_request", what=error.message) from error
    except (KeyError, ValueError) as error:  # a boundary that is none
        raise Problem("bad_request", what="the form cannot be read") from error
    try:
        text = form.get(PART)
        if not isinstance(text, str):
            raise Problem("invalid", near=PART, what=f"the form has no field {PART} with the letter as JSON")
        letter = decoded(text.encode("utf-8", "surrogatepass"), Message)
        files = [one for _, one in form.multi_items() if isinstance(one, UploadFile)]
        read = [await _file(one) for one in files]
    finally:
        await form.close()
    said = {PART: text.encode("utf-8", "surrogatepass")}
    said |= {
        f"file {n}": one.filename.encode("utf-8", "replace") + b"\0" + one.content for n, one in enumerate(read, 1)
    }
    return msgspec.structs.replace(letter, attachments=[*letter.attachments, *read]), said


async def _file(one: UploadFile) -> File:
    kind = (one.content_type or "application/octet-stream").partition(";")[0].strip()
    facts = {"filename": one.filename or "file", "content_type": kind, "content": ""}
    try:
        found = msgspec.convert(facts, File)
    except msgspec.ValidationError as error:
        what, where = near_of(error)
        raise Problem("invalid", near=f"{one.filename}{where.removeprefix('$')}", what=what) from error
    return msgspec.structs.replace(found, content=await one.read())
