"""Letters made to cost a reader time or memory: each family grows with `n` (reliability M01-M06)."""

CRLF = b"\r\n"
MULTIPART = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(n):
    """A multipart in a multipart in a multipart ..., each with a boundary of its own."""
    return (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(n)) + b"\r\nx"
    )


def same_boundary(n):
    """Each begins what the one before has begun already."""
    return MULTIPART + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * n


def messages(n):
    """A message in a message in a message ..."""
    return b"Content-Type: message/rfc822\r\n\r\n" * n + b"\r\nx"


def parts(n):
    """Empty parts side by side."""
    return MULTIPART + b"--b\r\n\r\n" * n


def boundaries(n):
    """Lines that begin as the boundary does and go on."""
    return MULTIPART + b"--bx\r\n" * n


def addresses(n):
    return b"From: " + b"a@b,\r\n " * n + b"c@d\r\n\r\nx"


def fields(n):
    return b"X: y\r\n" * n + b"\r\nx"


def froms(n):
    return b"From: a@b\r\n" * n + b"\r\nx"


def types(n):
    return b"Content-Type: text/plain\r\n" * n + b"\r\nx"


def pieces(n):
    """A parameter in very many pieces (RFC 2231), most of them missing."""
    return b"Content-Type: text/plain;" + b"".join(b"\r\n p*%d*=a;" % (i * 3) for i in range(n)) + b"\r\n\r\nx"


def semicolons(n):
    return b"Content-Type: text/plain" + b";" * n + b"\r\n\r\nx"


def words(n):
    return b"Subject:" + b"\r\n =?utf-8?b?7Y64?=" * n + b"\r\n\r\nx"


def cut_words(n):
    """Encoded words that end in the middle of a syllable, and of base64."""
    return b"Subject:" + b"\r\n =?utf-8?b?7Y6?=" * n + b"\r\n\r\nx"


def charsets(n):
    return b"Subject:" + b"\r\n =?utf-8?q?a?= =?euc-kr?q?a?= =?x?q?a?=" * n + b"\r\n\r\nx"


def shifts(n):
    """ISO-2022 that changes its mind all the time."""
    return b"Subject:" + b"\r\n =?iso-2022-jp?b?GyRCGyhC?=" * n + b"\r\n\r\nx"


def raw_names(n):
    """Names in octets of no known charset, each of its own."""
    return b"From:" + b"".join(b"\r\n \xf0\x9f%d <a@b>," % i for i in range(n)) + b"\r\n\r\nx"


def raw_words(n):
    """Encoded words that hold no octets of their charset, none beside another."""
    return b"Subject:" + b"".join(b"\r\n =?utf-8?q?=E9%d?= a" % i for i in range(n)) + b"\r\n\r\nx"


def raw_parts(n):
    return MULTIPART + b"".join(b"--b\r\n\r\n\xf0\x9f%d\r\n" % i for i in range(n))


def raw_filenames(n):
    one = b"--b\r\nContent-Disposition: attachment; filename=\xf0\x9f%d\r\n\r\n"
    return MULTIPART + b"".join(one % i for i in range(n))


def references(n):
    return b"References:" + b"\r\n <a@b>" * n + b"\r\n\r\nx"


def parentheses(n):
    return b"From: " + b"(" * n + b"\r\n\r\nx"


def quotes(n):
    return b"From: " + b'"' * n + b"\r\n\r\nx"


def comments(n):
    return b"Content-Type: text/plain" + b"(a)" * n + b"\r\n\r\nx"


def answers(n):
    return b"Subject: " + b"Re: [x] " * n + b"\r\n\r\nx"


def folds(n):
    return b"Subject: x" + b"\r\n " * n + b"y\r\n\r\nx"


def tags(n):
    return b"Content-Type: text/html\r\n\r\n" + b"<div><a href='x\r\n" * n


def entities(n):
    return b"Content-Type: text/html\r\n\r\n" + b"&amp&#1\r\n" * n


def soft_ends(n):
    return b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * n


def uu_lines(n):
    return b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 a\r\n" + b"M\r\n" * n


def reports(n):
    return (
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        + b"Final-Recipient: rfc822;a@b\r\n\r\n" * n
    )


FAMILIES = {
    make.__name__: make
    for make in (
        nested, same_boundary, messages, parts, boundaries, addresses, fields, froms, types, pieces, semicolons,
        words, cut_words,
        charsets, shifts, references, parentheses, quotes, comments, answers, folds, tags, entities, soft_ends,
        uu_lines, reports, raw_names, raw_words, raw_parts, raw_filenames,
    )
}  # fmt: skip
