"""Letters as Koreans get them, in every encoding; and the plain reading of what each of them says."""

import base64
import unicodedata
from dataclasses import dataclass, field

from kit.casemap import caseless, collated, joined


@dataclass
class Said:
    """What a letter says, in plain words, and how it is written down."""

    subject: str = "안내"
    author: str = "김철수"
    body: str = ""
    html: str = ""  # instead of the body's plain text
    attachment: str = ""
    charset: str = "utf-8"
    composed: bool = True  # else in single letters, as a Mac writes (NFD)
    extra: dict[str, str] = field(default_factory=dict)

    def fields(self) -> list[tuple[str, str]]:
        """The header, in plain words."""
        kind = "html" if self.html else "plain"
        last = [("Content-Type", f"text/{kind}; charset={self.charset}"), ("Content-Transfer-Encoding", "base64")]
        if self.attachment:
            last = [("Content-Type", "multipart/mixed; boundary=b")]
        first = [("From", f"{self.author} <kim@example.kr>"), ("To", "<lee@example.kr>"), ("Subject", self.subject)]
        return [*first, *self.extra.items(), ("MIME-Version", "1.0"), *last]

    def part_fields(self) -> list[list[tuple[str, str]]]:
        """The headers of the parts, where there are any."""
        if not self.attachment:
            return []
        kind = "html" if self.html else "plain"
        name = "".join(f"%{octet:02X}" for octet in self._form(self.attachment).encode())
        return [
            [("Content-Type", f"text/{kind}; charset={self.charset}"), ("Content-Transfer-Encoding", "base64")],
            [("Content-Type", "image/png"), ("Content-Disposition", f"attachment; filename*=utf-8''{name}")],
        ]

    def octets(self) -> bytes:
        header = self._header(self.fields())
        text = base64.encodebytes(self._form(self.html or self.body).encode(self.charset)).decode()
        text = text.replace("\n", "\r\n")
        if self.attachment:
            first, second = map(self._header, self.part_fields())
            text = f"--b\r\n{first}\r\n{text}\r\n--b\r\n{second}\r\nx\r\n--b--\r\n"
        return f"{header}\r\n{text}".encode("ascii")

    def _header(self, fields: list[tuple[str, str]]) -> str:
        return "".join(f"{name}: {self._words(value)}\r\n" for name, value in fields)

    def _form(self, text: str) -> str:
        return text if self.composed else unicodedata.normalize("NFD", text)

    def _words(self, value: str) -> str:
        """What is not ASCII in an encoded word; an address stays as it is."""
        words, mark, address = value.partition(" <")
        if not address.isascii():
            words, mark, address = value, "", ""
        if words.isascii():
            return value
        packed = base64.b64encode(self._form(words).encode(self.charset)).decode()
        return f"=?{self.charset}?B?{packed}?={mark}{address}"

    def texts(self, where: str) -> list[str]:
        """The texts that a key of IMAP looks at: BODY, TEXT, or a field of this name."""
        body = [self.body, self.attachment]
        if where == "BODY":
            return body
        if where == "TEXT":
            every = [*self.fields(), *(field for fields in self.part_fields() for field in fields)]
            return [*(f"{name}: {value}" for name, value in every), *body]
        return [value for name, value in self.fields() if name.upper() == where.upper()]


def plain(text: str) -> str:
    """The same text to a person: no case, no width, one blank."""
    return " ".join(caseless(collated(joined(text))).split())


def holds(said: Said, where: str, question: str) -> bool:
    """The naive answer: decode everything, look everywhere."""
    sought = " " * question.startswith(" ") + plain(question) + " " * question.endswith(" ")
    return any(sought in plain(text) for text in said.texts(where))


MAILBOX = [
    Said(subject="주간회의 안내", body="내일 회의가 있습니다."),
    Said(subject="회의록", body="첨부를 보세요", attachment="회의록_최종.pdf"),
    Said(subject="Re: 견적서 요청", body="번역을 부탁드립니다.\r\n감사합니다.", charset="euc-kr"),
    Said(subject="Q3 견적서", body="Q3\r\n견적서 보냅니다", charset="euc-kr"),
    Said(subject="이메일 주소 변경", author="이영희", body="메일을 확인하세요"),
    Said(subject="번역", author="박 지민", body="김철수 님께", composed=False),
    Said(subject="점심", html="<p>회<b>의</b> 말고 <i>점심</i></p><style>견적서</style>", body="회의 말고 점심"),
    Said(
        subject="Invoice",
        author="Kim Chul",
        body="Quotation for Q3: printing and translation",
        extra={"X-Note": "메모"},
    ),
    Said(subject="ＦＵＬＬ width", body="전각 ＡＢＣ 문자"),
    Said(subject="사진", body="", attachment="김철수 사진.jpg", composed=False),
    Said(subject="회 의", body="회 의실"),
    Said(subject="Café ㈜한국", author="José Núñez", body="Crème brûlée à la carte, naïve Größe"),
    Said(subject="CAFE", author="Jose", body="cafe\u0301 각 가", composed=False),
    Said(subject="긴 글", body="가나다 " * 500 + "마지막회의"),
]
QUESTIONS = [
    "회의", "메일", "번역", "번역을", "김철수", "Q3 견적서", "q3", "견적서", "회", "의", "회의록", "이메일",
    "회의록_최종", "최종.pdf", "abc", "plain", "version: 1", "subject: 회", "회의록 mime", "rint", "in", "k", "print",
    "translation", "full", "FULL WIDTH", "없는말", "회의 말고", "회 의", "메모", "마지막회의", "다 가", "박 지민",
    "감사", "습니다", "습니다.", "철수 사", "@example", "사진.j", "번역 ", "지 ", "ㄱ",
    "cafe", "café", "CAFÉ", "jose", "nunez", "núñez", "e", "é", "creme", "crème", "brûlee", "größe", "(주)", "가", "각",
]  # fmt: skip
