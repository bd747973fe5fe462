"""What the languages of strangers are made of: words for each grammar, and a few sentences that it understands."""

from pyeonji.proto.milter.answers import packet


def words(text: str, *more: bytes) -> tuple[bytes, ...]:
    return (*(word.encode() for word in text.split()), b" ", *more)


HEADER = words(
    """From: To: Subject: Date: Content-Type: MIME-Version: Received: Return-Path: Message-ID: References: <a@b>
    a@b , ; : < > ( ) " \\ =?utf-8?q?a=20?= =?utf-8?b?YQ==?= =?iso-2022-kr?b?GyQpQw==?= =?x?q?? [ ] @ .
    mx.here.test dkim=pass from Authentication-Results: by with for id undisclosed-recipients:; 편지 X-A:
    =?euc-kr?b?xu3B9g==?= Sender: Resent-From:""",
    b"\r\n", b"\r\n ", b"\n", b"\r\n\t", b"\r\n\r\n", b"\r", b"=?x?q?\xe9?=", b"From: a@b\r\n",
)  # fmt: skip
ADDRESS = words(
    """a kim b.test @ . " \\ < > ( ) , ; : [127.0.0.1] [IPv6:::1] =?utf-8?q?a?= 편지 xn-- xn--a + - _ % !
    가.한국 a@b.test"""
)
MIME = (
    *HEADER,
    *words(
        """multipart/mixed multipart/alternative multipart/digest multipart/report message/rfc822 text/plain
        text/html message/delivery-status application/octet-stream boundary= boundary="b" boundary=b --b --b--
        ---- -- charset= charset=utf-8 charset=utf-7 format=flowed base64 quoted-printable uuencode 8bit
        Content-Transfer-Encoding: =20 Content-Disposition: attachment filename=a filename*=utf-8''a
        filename*0*= filename*1= Content-ID: begin end YWJj <p> </p> Reporting-MTA: Final-Recipient: Action:
        failed Status: 5.1.1 message/feedback-report Feedback-Type: abuse Original-Rcpt-To:""",
        b"\r\n--b\r\n", b"\r\n--b--\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
    ),
)  # fmt: skip
LETTERS = (
    b"From: a <a@b>\r\nSubject: =?utf-8?q?x?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+eA==\r\n--b--\r\n",
    b"Content-Type: message/rfc822\r\n\r\nContent-Type: text/plain; name*0*=utf-8''%ed; name*1=x\r\n\r\nx",
    b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status"
    b"\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\n\r\n--b--\r\n",
)
ENCODED = words(
    "aGVsbG8= aGVs QQ== Q = == =41 =4 =zz =20 begin 644 x #86)C ` end -- footer! 편지",
    b"\t", b"\r\n", b"\n", b"\r", b"=\r\n", b"=\n", b"begin 644 x\n", b"#86)C\n", b"`\nend\n", b"aGVsbG8=\r\n",
)  # fmt: skip
RESPONSES = words(
    """* + p1 OK NO BAD BYE PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] [UIDVALIDITY 7] FETCH LIST STATUS EXISTS 1 2
    4294967296 ( ) ) [ ] NIL " \\ UID FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 -0700" RFC822.SIZE BODY[]
    (\\Noselect) "/" INBOX {3} {99999999999} ~{3} 편지""",
    b"\r\n", b"\n", b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n", b"{3}\r\nabc", b"p1 OK done\r\n", b"* OK hello\r\n",
    b'* LIST () "/" INBOX\r\n', b"+ go on\r\n", b"\0",
)  # fmt: skip
PARAMETERS = words(
    """a b = ; " \\ ( ) * *0 *0* *1 *1* ' utf-8'' utf-8'ko' %ed%8e %zz attachment filename name charset ../x
    text/plain / 편지""", b"\r\n ", b"\0",
)  # fmt: skip
DATES = words(
    "Mon, Tue 1 01 31 32 Jan Feb 2026 26 99 00:00:00 23:59:60 1:2 +0000 -0330 GMT EST UT Z (c) , : - / 9999999999"
)
IMAP_DATES = words('1-Jan-2026 01-Feb-9999 32-Dec-0000 " 00:00:00 23:59:60 +0000 -9999 1 - :')
HTML = words(
    """<p> </p> <br> <a href= </a> <script> </script> <style> <!-- --> <![CDATA[ ]]> & &amp; &#44032; &#xac00; <
    > &#x110000; " ' / = <td> <title> <head> </head> <li> <ul> <table> <img alt=a> 편지""", b"\0",
)  # fmt: skip
IMAP = words(
    """a1 FETCH STORE SEARCH SORT THREAD UID COPY MOVE APPEND LIST LSUB STATUS SELECT EXAMINE CREATE RENAME
    LOGIN ( ) [ ] { } " \\ * % 1 1:* 2,3:4 $ 0 4294967295 4294967296 NIL INBOX \\Seen \\Deleted $Junk FLAGS
    +FLAGS -FLAGS.SILENT BODY BODY[] BODY.PEEK[1.2.MIME] BINARY[1] RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ OR
    NOT ALL FROM SINCE 1-Jan-2026 CHARSET UTF-8 RETURN MIN MAX PARTIAL 1:-5 FUZZY ESEARCH QRESYNC CONDSTORE
    SPECIAL-USE SUBSCRIBED RECURSIVEMATCH CHILDREN MESSAGES UIDNEXT REFERENCES REVERSE DATE ARRIVAL UTF8
    CATENATE TEXT URL lrswipkxtea anyone +lr -x &AOk- &- "/INBOX;UIDVALIDITY=1/;UID=1" PLAIN SCRAM-SHA-256
    AGEAYg== DEFLATE PREVIEW (LAZY) SAVEDATE EMAILID THREADID OLDER YOUNGER <0.5> HEADER HEADER.FIELDS IDLE DONE
    REPLACE EXPUNGE ENABLE COMPRESS UNAUTHENTICATE UPDATE CONTEXT CANCELUPDATE IN SUBTREE-ONE PERSONAL UIDAFTER
    UIDBEFORE""",
    b" ", b"  ", b"{3}\r\nabc", b"{0}\r\n", b"{3+}\r\nabc", b"~{3}\r\na\0c", b"\r\n", b"\0", b"\xed\x8e\xb8", b"\xff",
    b"BODY[HEADER.FIELDS (From)]<0.5>", b"(CHANGEDSINCE 1 VANISHED)", b"(UNCHANGEDSINCE 1)", b"RETURN (COUNT SAVE)",
    b'"1-Jan-2026 00:00:00 +0000"', b"a1 NOOP\r\n", b"a APPEND INBOX {3+}\r\nabc\r\n", b"a1 SEARCH ALL\r\n",
)  # fmt: skip
# Arguments that are understood, by command.
ARGUMENTS = {
    "ID": ("NIL", '("name" "x")'), "AUTHENTICATE": ("PLAIN", "PLAIN AGEAYg=="), "LOGIN": ("a b", '"a" {1}\r\nb'),
    "ENABLE": ("CONDSTORE UTF8=ACCEPT",), "COMPRESS": ("DEFLATE",),
    "SELECT": ("INBOX", "INBOX (QRESYNC (1 2 1:3 (1 2)))"),
    "EXAMINE": ("INBOX (CONDSTORE)",), "CREATE": ("a/b (USE (\\Drafts))",), "DELETE": ("a",), "RENAME": ("a b",),
    "SUBSCRIBE": ("a",), "UNSUBSCRIBE": ('"a b"',), "LSUB": ('"" *',),
    "LIST": ('"" (INBOX "%") RETURN (STATUS (MESSAGES) CHILDREN)', '(SUBSCRIBED RECURSIVEMATCH) "" *'),
    "STATUS": ("INBOX (MESSAGES UIDNEXT SIZE)",), "APPEND": ("INBOX (\\Seen) ", "INBOX"), "SETACL": ("a kim +lr",),
    "DELETEACL": ("a kim",), "GETACL": ("a",), "LISTRIGHTS": ("a kim",), "MYRIGHTS": ("a",),
    "SEARCH": ("ALL", "RETURN (MIN COUNT) CHARSET UTF-8 OR (FROM a SINCE 1-Jan-2026) NOT 1:3", "MODSEQ 1 FUZZY BODY x"),
    "FETCH": ("1:* (UID FLAGS BODY.PEEK[1.HEADER.FIELDS (From)]<0.5>)", "1 ALL (CHANGEDSINCE 3)", "$ BINARY.SIZE[1]"),
    "STORE": ("1 +FLAGS.SILENT (\\Seen $a)", "1 (UNCHANGEDSINCE 3) FLAGS \\Seen"), "COPY": ("1:* a",), "MOVE": ("1 a",),
    "EXPUNGE": ("1:3",), "REPLACE": ("1 a (\\Seen) ",),
    "SORT": ("(REVERSE DATE SUBJECT) UTF-8 ALL",), "THREAD": ("REFERENCES UTF-8 ALL",), "NOTIFY": ("NONE",),
    "ESEARCH": ("IN (mailboxes (a INBOX) subtree-one b selected) RETURN (UPDATE (UID) COUNT) ALL", "UNSEEN"),
    "CANCELUPDATE": ('"a1" "a2"',),
    "GETQUOTA": ('""',), "GETQUOTAROOT": ("INBOX",), "SETQUOTA": ('"" (STORAGE 5)',),
    "GETMETADATA": ("INBOX (/private/comment)",), "SETMETADATA": ('INBOX (/private/comment "x")',),
}  # fmt: skip
SMTP = words(
    """EHLO HELO LHLO MAIL RCPT DATA BDAT LAST RSET NOOP VRFY EXPN HELP AUTH STARTTLS QUIT FROM: TO: <a@b.test>
    <> <kim@here.test> SIZE=1 BODY=8BITMIME BODY=BINARYMIME SMTPUTF8 RET=FULL ENVID=x+2B NOTIFY=NEVER,SUCCESS =
    * < > : 0 1 5 ORCPT=rfc822;a@b AUTH=<> PLAIN LOGIN SCRAM-SHA-256 AGEAYg== 99999999999 x.test [127.0.0.1]
    편지@b.test""",
    b"\r\n", b"\r\n", b"\n", b"\r", b".\r\n", b"\r\n.\r\n", b"BDAT 3\r\nabc", b"EHLO x\r\n", b"DATA\r\n",
    b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<kim@here.test>\r\n",
)  # fmt: skip
MAIL = (b"FROM:<a@b.test> SIZE=1 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x AUTH=<>", b"FROM:<>")
RCPT = (b"TO:<a@b.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@c.test", b"TO:<Postmaster>")
REPLIES = words(
    """220 221 235 250 250- 334 354 421 450 550 550- 5.1.1 4.7.0 2.0.0 PIPELINING CHUNKING SIZE 8BITMIME
    STARTTLS AUTH PLAIN DSN x.test SMTPUTF8 10 99999999999 kim@here.test 편지""",
    b"\r\n", b"\r\n", b"\n", b"\r", b"250 ok\r\n", b"354 go\r\n", b"\0",
)  # fmt: skip
PROXY = words(
    "PROXY TCP4 TCP6 UNKNOWN 192.0.2.1 198.51.100.7 2001:db8::1 ::ffff:192.0.2.1 56324 25 65536 0 %eth0",
    b"\r\n", b"\r", b"\r\n\r\n\0\r\nQUIT\n", b"\x21", b"\x20", b"\x11", b"\0", b"\0\x0c", b"\xc0\0\2\1", b"\3\0\4",
)  # fmt: skip
PROXIED = (
    b"PROXY TCP4 192.0.2.1 198.51.100.7 56324 25\r\n",
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\7\xdc\4\0\x19",
)
MILTER = words(
    "X-A Subject yes 550 451 5.7.1 <a@b.test> NOTIFY=NEVER",
    *(packet(bytes([one])) for one in b"acdrtps"), packet(b"h", b"X-A\0b\0"), packet(b"i", b"\0\0\0\1X-A\0b\n c\0"),
    packet(b"m", b"\0\0\0\1subject\0\0"), packet(b"+", b"<a@b.test>\0"), packet(b"-", b"<kim@here.test>\0"),
    packet(b"b", b"other\r\n"), packet(b"y", b"550 5.7.1 no\0"), packet(b"q", b"virus\0"), packet(b"e", b"<>\0"),
    packet(b"O", b"\0\0\0\6\0\0\0\x3f\0\0\0\0"), b"\0", b"\0\0\0\5h", b"\r\n", b"\n",
)  # fmt: skip
SRS = words('SRS0 SRS1 srs0 = == + - AAAAAA ABCDEF AA OB a.example b.example kim " @ . 편지')
SRS_MADE = (b"SRS0=AAAAAA=OB=a.example=kim", b"SRS1=AAAAAA=b.example==AAAAAA=OB=a.example=kim")
XCLIENT = words("NAME= ADDR= PORT= LOGIN= [UNAVAILABLE] [TEMPUNAVAIL] 192.0.2.1 IPV6: 2001:db8::1 +2E + 25 % =")
POP3 = words(
    """USER PASS AUTH PLAIN STAT LIST RETR TOP DELE RSET UIDL CAPA STLS UTF8 NOOP QUIT 1 0 -1 99999999999
    kim@here.test AGEAYg== *""", b"\r\n", b"\r\n", b"\n", b"\r", b"RETR 1\r\n",
)  # fmt: skip
SASL = words(
    "n,, y,, p=tls-unique,, a=x n=kim r=abc c=biws p= v= m=x i=1 s= = , kim@here.test secret =2C =3D =zz",
    b"\0", b"\0\0", b"\r\n", b"n,,n=kim,r=abc\r\n", b"\1", b"auth=Bearer x.y.z\1\1", b"user=kim\1",
)  # fmt: skip
TOKENS = words(
    """eyJhbGciOiJSUzI1NiJ9 e30 W10 . .. = - _ {"keys":[ ]} { } [ ] , : "kty": "RSA" "EC" "OKP" "crv": "P-256"
    "Ed25519" "x": "y":
    "n": "e": "AQAB" "kid": "use": "sig" "alg": "RS256" "key_ops": ["verify"] null true 1e999 NaN """,
)
RECEIPTS = words("K7M3-2QXD-9TAB K7M32QXD9TAB - . # 1 99999999 o i l u")
VERIFIERS = words("4096 $ MDEyMzQ1Njc4OWFiY2RlZg== rb2i4FWE8CCi1HDhnBxhv8/uERf3QN6tiTjE4qSdliQ= 1 = : YQ==")
NUMBERS = words("1 2 3 : , * 4294967295 0 $ 99999999999")
RIGHTS = words("l r s w i p k x t e a c d 0 9 + -")
PATTERNS = words("* % / a b INBOX **% %*")
DMARC = words(
    "v=DMARC1 ; p= sp= np= none quarantine reject psd=y psd=n t=y adkim=s aspf=r rua= mailto:a@b.test !10m ,"
    " fo=1:d %2C = x"
)
RESULTS = words(
    'mx.a.test ; spf= dkim= dmarc= =pass =fail reason= header.d= smtp.mailfrom= policy.dmarc " \\ ( )'
    " / 1 . none a@b.test"
)
AGGREGATE = words(
    "<feedback> </feedback> <record> </record> <row> </row> <source_ip>192.0.2.1</source_ip> <count>1</count>"
    " <a> </a> &amp; &x;"
    " <!DOCTYPE <![CDATA[ ]]> <policy_published><domain>a.test</domain></policy_published> <?xml"
)
AGGREGATES = (
    b"<feedback><report_metadata><org_name>o</org_name><report_id>1</report_id><date_range><begin>1</begin><end>2</end>"
    b"</date_range></report_metadata><policy_published><domain>a.test</domain><p>none</p></policy_published>"
    b"<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><disposition>none</disposition>"
    b"<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>a.test</header_from>"
    b"</identifiers></record></feedback>",
)
DKIM = words(
    """v=1; a=rsa-sha256; a=ed25519-sha256; c=relaxed/relaxed; c=simple; d=a.test; s=e; h=from:to; bh= b= l=0; l=4; t=1;
    x=2; i=@a.test; q=dns/txt; z= ; = : DKIM-Signature: From: To: ARC-Seal: ARC-Message-Signature: i=1; i=2; cv=none;
    cv=pass; ARC-Authentication-Results: v=DKIM1; k=ed25519; k=rsa; p= t=y:s; s=email; h=sha256; AAAA 편지""",
    b"\r\n", b"\r\n ", b"\t", b"\r\n\r\n",
)  # fmt: skip
SPF = words(
    """v=spf1 all include: a mx ptr ip4: ip6: exists: redirect= exp= moo= + - ~ ? a.test .test / // /24 //64 192.0.2.0
    2001:db8:: %{d} %{ir} %{l1r-} %{p} %{S} %{h} %{t} %{c} %{d0} %{d99999} %% %_ %- %{ } : = . 편지""", b" ", b"  ",
)  # fmt: skip
