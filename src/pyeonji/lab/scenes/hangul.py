"""The same sentence in six coats: octets, label, and what a reader makes of them, side by side."""

import base64
import unicodedata
from dataclasses import dataclass
from email.utils import encode_rfc2231

from pyeonji.catalog.say import Words
from pyeonji.lab.stage import Stage, header, unheard
from pyeonji.message.codecs import decode
from pyeonji.message.mime import scan
from pyeonji.message.text import decoded_part

HOST, READER, WRITER = "mx1.2ban.test", "younghee@2ban.test", "chulsoo@1ban.test"
SENTENCE = "한글로 작성하는 메일로 잘 도착할까?"
FILE = "한글 문서.txt"
SHOWN = 12  # octets in the table
PYTHON = {"ks_c_5601-1987": "euc_kr"}  # what the label says to the letter; what is meant by it is CP949


@dataclass(frozen=True, slots=True)
class Coat:
    """One way to write the sentence.  `honest`: the label says what the octets are."""

    key: str
    codec: str
    label: str
    encoding: str
    honest: bool = True
    text: str = SENTENCE

    def content(self) -> bytes:
        octets = self.text.encode(self.codec)
        body = base64.encodebytes(octets).replace(b"\n", b"\r\n") if self.encoding == "base64" else octets + b"\r\n"
        kind = f"Content-Type: text/plain; charset={self.label}\r\nContent-Transfer-Encoding: {self.encoding}\r\n\r\n"
        return header(WRITER, f"<{READER}>", "hangul") + kind.encode() + body


COATS = (
    Coat("scene.hangul.base64", "utf-8", "utf-8", "base64"),
    Coat("scene.hangul.eight_bit", "utf-8", "utf-8", "8bit"),
    Coat("scene.hangul.euc_kr", "euc_kr", "euc-kr", "8bit"),
    Coat("scene.hangul.cp949", "cp949", "ks_c_5601-1987", "base64", honest=False, text=f"{SENTENCE} 똠방각하 뷁!"),
    Coat("scene.hangul.wrong", "euc_kr", "iso-8859-1", "8bit", honest=False),
)


async def play(stage: Stage) -> None:
    rows: list[tuple[str | Words, ...]] = []
    for coat in COATS:
        stage.act(coat.key)
        octets, by_label, ours = await _sent(stage, coat, aloud=not rows)
        rows.append((Words((coat.key,)), octets[:SHOWN].hex(" "), coat.label, by_label, ours))
        right = by_label == coat.text
        stage.check(
            right is coat.honest, "scene.hangul.by_label" if coat.honest else "scene.hangul.not_by_label", text=by_label
        )
        stage.check(ours == coat.text, "scene.hangul.ours", text=ours)
    stage.table(
        "scene.hangul.table",
        ("scene.hangul.coat", "scene.hangul.octets", "scene.hangul.label", "scene.hangul.strict", "scene.hangul.seen"),
        rows,
    )
    await _file(stage)


async def _sent(stage: Stage, coat: Coat, *, aloud: bool) -> tuple[bytes, str, str]:
    """The octets that arrived, read as the label says to the letter, and as we read them.

    Only the first dialogue is told: the others differ in the letter alone, which the table shows.
    """
    heard = stage.heard if aloud else unheard
    number = await stage.deliver(HOST, WRITER, (READER,), coat.content(), heard=heard)
    letter = await stage.found(READER, number)
    part = scan(letter)
    octets = decode(part.body, part.encoding).rstrip(b"\r\n")
    codec = PYTHON.get(coat.label, coat.label)
    return octets, octets.decode(codec, "replace"), decoded_part(part).text.rstrip("\r\n")


async def _file(stage: Stage) -> None:
    """A Mac writes 한 as ㅎ, ㅏ and ㄴ."""
    stage.act("scene.hangul.mac")
    apart = unicodedata.normalize("NFD", FILE)
    name = encode_rfc2231(apart, "utf-8")
    fields = (
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: attachment; filename*={name}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    content = header(WRITER, f"<{READER}>", "file") + fields.encode() + base64.b64encode("안녕".encode()) + b"\r\n"
    number = await stage.deliver(HOST, WRITER, (READER,), content, heard=unheard)
    letter = await stage.found(READER, number)
    shown = scan(letter).filename or ""
    rows: list[tuple[str | Words, ...]] = [(f"{len(apart)}", f"{len(shown)}", shown)]
    stage.table(
        "scene.hangul.file_table",
        ("scene.hangul.sent_signs", "scene.hangul.shown_signs", "scene.hangul.shown_name"),
        rows,
    )
    stage.check(name.encode() in letter.replace(b"\r\n ", b""), "scene.hangul.apart")
    stage.check(shown == FILE and len(shown) < len(apart), "scene.hangul.together", name=shown)
