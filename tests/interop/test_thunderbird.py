"""Thunderbird reads letters, marks, searches and deletes, and what it did is so on the server."""

import pytest
from imapclient import IMAPClient

from kit.inbox import empty, mailbox
from kit.marionette import Thunderbird
from kit.server import HOST, LEE, PASSWORD, Server, until
from pyeonji.message.words import decode_words

pytestmark = pytest.mark.interop


TEXTS = ["안녕하세요", "다음 주에 만나요", "See you"]
LETTER = (
    "From: kim@here.test\r\nTo: lee@here.test\r\nSubject: {subject}\r\nMessage-ID: <{number}@here.test>\r\n"
    "Date: Thu, 1 Jan 2026 01:30:0{number} +0900\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
)
SUBJECTS = ["하나", "둘", "셋"]

# What each script begins with: the account, its INBOX, and ways to wait for what goes on in the background.
BEGIN = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.allServers.find(one => one.type == "imap");
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox).QueryInterface(Ci.nsIMsgImapMailFolder);
const letter = subject => [...inbox.messages].find(one => one.mime2DecodedSubject == subject);
const listener = (name, rest) => ({ QueryInterface: ChromeUtils.generateQI([name]), ...rest });
const updated = () => new Promise(done => inbox.updateFolderWithListener(
    null, listener("nsIUrlListener", { OnStartRunningUrl() {}, OnStopRunningUrl(url, code) { done(code); } })));
"""
LOGIN = """
const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
login.init("imap://localhost", null, "imap://localhost", given.name, given.password, "", "");
await Services.logins.addLoginAsync(login);
"""
LIST = "return [await updated(), [...inbox.messages].map(one => [one.mime2DecodedSubject, one.isRead])];"
READ = """
const uri = inbox.getUriForMsg(letter(given.subject));
const stream = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream);
let octets = [];
await new Promise(done => MailServices.messageServiceFromURI(uri).streamMessage(uri, listener("nsIStreamListener", {
    onStartRequest() {}, onStopRequest() { done(); },
    onDataAvailable(request, data, at, size) {
        stream.setInputStream(data);
        octets.push(...stream.readByteArray(size));
    },
}), null, null, false, "", false));
return octets;
"""
MARK = """
inbox.markMessagesRead([letter(given.read)], true);
inbox.markMessagesFlagged([letter(given.flagged)], true);
return await updated();
"""
DELETE = """
return await new Promise(done => inbox.deleteMessages([letter(given.subject)], null, false, false,
    listener("nsIMsgCopyServiceListener", { onStartCopy() {}, onProgress() {}, setMessageKey() {},
        getMessageId() { return null; }, onStopCopy(code) { done(code); } }), false));
"""
SEARCH = """
const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, inbox);
const term = session.createTerm(), value = term.value;
term.attrib = value.attrib = Ci.nsMsgSearchAttrib[given.where];
term.op = Ci.nsMsgSearchOp.Contains;
value.str = given.text;
term.value = value;
session.appendTerm(term);
const found = [];
await new Promise(done => {
    session.registerListener(listener("nsIMsgSearchNotify", { onNewSearch() {},
        onSearchHit(one) { found.push(one.mime2DecodedSubject); }, onSearchDone() { done(); } }));
    session.search(null);
});
return found;
"""


def settings(server: Server) -> dict[str, object]:
    """One account, and none of the questions a new user is asked."""
    ours = {
        "type": "imap", "hostname": "localhost", "port": server.port("imap"), "userName": LEE, "name": "lee",
        "socketType": 0, "authMethod": 3, "check_new_mail": False, "login_at_startup": False,
    }  # fmt: skip
    return {
        "mail.accountmanager.accounts": "account1", "mail.accountmanager.defaultaccount": "account1",
        "mail.account.account1.identities": "id1", "mail.account.account1.server": "server1",
        "mail.identity.id1.useremail": LEE, "mail.identity.id1.fullName": "Lee", "mail.identity.id1.valid": True,
        **{f"mail.server.server1.{name}": value for name, value in ours.items()},
        "mail.provider.suppress_dialog_on_startup": True, "mail.spotlight.firstRunDone": True,
        "mail.rights.version": 1, "mailnews.start_page.enabled": False, "mail.shell.checkDefaultClient": False,
        "datareporting.policy.dataSubmissionPolicyBypassNotification": True, "toolkit.telemetry.enabled": False,
        "app.update.auto": False, "extensions.update.enabled": False, "network.dns.disableIPv6": True,
    }  # fmt: skip


def on_server(server: Server, name: str) -> dict[str, set[bytes]]:
    """The flags of the letters in a mailbox, by subject."""
    with IMAPClient(HOST, server.port("imap"), ssl=False) as client:
        client.login(LEE, PASSWORD)
        client.select_folder(name, readonly=True)
        found = client.fetch(client.search(), ["FLAGS", "ENVELOPE"])
        return {decode_words(one[b"ENVELOPE"].subject): set(one[b"FLAGS"]) - {b"\\Recent"} for one in found.values()}


def test_thunderbird_reads_marks_searches_and_deletes(server: Server, program, tmp_path):
    empty(server, LEE)
    with mailbox(server, LEE) as client:
        for number, (subject, text) in enumerate(zip(SUBJECTS, TEXTS, strict=True)):
            client.append("INBOX", None, None, LETTER.format(subject=subject, number=number, text=text).encode())
    with Thunderbird(program("thunderbird", large=True), tmp_path, settings(server)) as thunderbird:

        def do(script: str, **given: str) -> object:
            return thunderbird.run(BEGIN + script, **given)

        do(LOGIN, name=LEE, password=PASSWORD)
        # It also opens the INBOX by itself, and what we ask for meanwhile ends without having done anything.
        until(lambda: do(LIST) == [0, [[subject, False] for subject in SUBJECTS]])
        assert TEXTS[1] in bytes(do(READ, subject="둘")).decode()
        assert do(SEARCH, where="Body", text="만나") == ["둘"]
        assert do(SEARCH, where="Subject", text="하") == ["하나"]
        assert do(MARK, read="둘", flagged="셋") == 0
        assert do(DELETE, subject="하나") == 0
        until(lambda: do(LIST) == [0, [["둘", True], ["셋", False]]])
    assert {subject: flags for subject, flags in on_server(server, "INBOX").items() if b"\\Deleted" not in flags} == {
        "둘": {b"\\Seen"}, "셋": {b"\\Flagged"},
    }  # fmt: skip
    assert set(on_server(server, "Trash")) == {"하나"}
