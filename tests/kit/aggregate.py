"""DMARC aggregate reports as others write them, and the letters they come in."""

import base64
import gzip
import io
import zipfile

BEGINS_S = 1_795_392_000  # 2026-11-23 00:00:00 UTC
ROW = """<record><row><source_ip>{ip}</source_ip><count>{letters}</count><policy_evaluated>
<disposition>{disposition}</disposition><dkim>{dkim}</dkim><spf>{spf}</spf></policy_evaluated></row>
<identifiers><envelope_from>here.test</envelope_from><header_from>here.test</header_from></identifiers>
<auth_results><dkim><domain>here.test</domain><selector>s</selector><result>{dkim}</result></dkim>
<spf><domain>here.test</domain><scope>mfrom</scope><result>{spf}</result></spf></auth_results></record>"""


def row(ip="192.0.2.1", letters=1, disposition="none", dkim="pass", spf="pass"):
    return ROW.format(ip=ip, letters=letters, disposition=disposition, dkim=dkim, spf=spf)


def xml(*rows, domain="here.test", number="1", reporter="Far Mail", new=True, before="", begins=BEGINS_S):
    """A report as RFC 9990 has it, or as RFC 7489 did."""
    space = ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"' if new else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<feedback{space}><version>1.0</version>'
        f"<report_metadata><org_name>{reporter}</org_name><email>dmarc@far.test</email><report_id>{number}</report_id>"
        f"<date_range><begin>{begins}</begin><end>{begins + 86_399}</end></date_range></report_metadata>"
        f"<policy_published><domain>{domain}</domain><p>reject</p><sp>none</sp></policy_published>"
        f"{''.join(rows or (row(),))}</feedback>"
    ).encode()


def zipped(octets, name="report.xml", method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, octets)
    return out.getvalue()


def letter(octets, kind="application/gzip", author="dmarc@far.test", domain="here.test", number="1"):
    """As it is sent: RFC 9990 §3.5.2."""
    return (
        (
            f"From: {author}\r\nTo: dmarc@here.test\r\nSubject: Report Domain: {domain}\r\n Submitter: far.test\r\n"
            f" Report-ID: <{number}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n--b\r\nContent-Type: {kind}\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + base64.encodebytes(octets).replace(b"\n", b"\r\n")
        + b"--b--\r\n"
    )


def packed(octets):
    return gzip.compress(octets)
