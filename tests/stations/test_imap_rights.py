"""Other people's mailboxes: who may do what, and what nobody is told (RFC 4314)."""

import pytest

from kit.world import KIM, at

LEE, CHOI = "lee@a.test", "choi@a.test"
ALL = "lrswipkxtea"
LETTER = b"From: kim@a.test\r\nSubject: shared\r\n\r\nHello\r\n"


def shared(name="P", owner=KIM):
    return f"Shared/{owner}/{name}"


async def share(kim, name, rights, who=LEE):
    await kim.ok(f"SETACL {name} {who} {rights}")


async def flags(client, number=1):
    """Of one letter, without \\Recent, which is the first visitor's."""
    (line,) = await client.ok(f"FETCH {number} FLAGS")
    return set(line.partition(b"FLAGS (")[2].rstrip(b")\r\n").decode().split()) - {"\\Recent"}


def story_of(tmp_path, story):
    """Kim has P with a letter; lee is there, and what he may do in it is the story's."""

    async def whole(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.ok("CREATE P")
        await kim.append(LETTER, name="P")
        await story(world, kim, lee)

    at(tmp_path, whole)


# The command lee gives, the right it needs, and what else he must have to come that far.
NEEDS = {
    "SELECT": ("SELECT {P}", "r", "l"),
    "EXAMINE": ("EXAMINE {P}", "r", "l"),
    "STATUS": ("STATUS {P} (MESSAGES)", "r", "l"),
    "CREATE": ("CREATE {P}/below", "k", "l"),
    "DELETE": ("DELETE {P}", "x", "l"),
    "RENAME the mailbox": ("RENAME {P}/old {P}/new", "x", "lk"),
    "RENAME below another": ("RENAME {P}/old {P}/new", "k", "lx"),
    "SETACL": ("SETACL {P} anyone lr", "a", "l"),
    "DELETEACL": ("DELETEACL {P} anyone", "a", "l"),
    "GETACL": ("GETACL {P}", "a", "l"),
    "LISTRIGHTS": ("LISTRIGHTS {P} anyone", "a", "l"),
}


@pytest.mark.parametrize("case", NEEDS)
def test_a_command_needs_its_right_and_no_other(tmp_path, case):
    command, right, also = NEEDS[case]

    async def story(world, kim, lee):
        command_here = command.format(P=shared())
        await kim.ok("CREATE P/old")
        rest = "".join(letter for letter in ALL if letter != right)
        for name in ("P", "P/old"):
            await share(kim, name, rest)
        await lee.no(command_here, "NOPERM")  # he sees it, so he is told why
        for name in ("P", "P/old"):
            await share(kim, name, rest.replace("l", ""))
        if case not in ("CREATE", "RENAME below another"):
            await lee.no(command_here, "NONEXISTENT")  # he does not see it: there is nothing
        for name in ("P", "P/old"):
            await share(kim, name, right + also)
        await lee.ok(command_here)

    story_of(tmp_path, story)


def test_what_is_hidden_is_refused_in_the_words_of_what_is_not_there(tmp_path):
    async def story(world, kim, lee):
        for command in (
            "SELECT {}", "STATUS {} (MESSAGES)", "DELETE {}", "GETACL {}", "MYRIGHTS {}", "SETACL {} anyone lr",
            "LISTRIGHTS {} anyone", "CREATE {}/x", "RENAME {} {}x",
        ):  # fmt: skip
            answers = [
                (await lee.do(command.replace("{}", name)))[-1]
                for name in (shared("P"), shared("Q"), shared("P", "nobody@a.test"), "Shared/x", "Shared")
            ]
            assert len(set(answers)) == 1 and answers[0].startswith(b"NO"), (command, answers)

    story_of(tmp_path, story)


def test_list_tells_what_may_be_looked_up_and_marks_what_may_not_be_opened(tmp_path):
    async def story(world, kim, lee):
        await kim.ok("CREATE P/&1VyuAA-/deep")
        await share(kim, "P", "l")
        assert await lee.ok('LIST "" Shared*') == [
            b'* LIST (\\Noselect \\HasNoChildren) "/" Shared/kim@a.test/P\r\n',
        ]
        assert await lee.ok('LIST "" %') == sorted([
            *await lee.ok('LIST "" (INBOX Sent Drafts Trash Junk Archive)'),
            b'* LIST (\\Noselect \\HasChildren) "/" Shared\r\n',
        ], key=lambda line: line.rpartition(b" ")[2])  # fmt: skip
        assert await lee.ok('LIST "" Shared/%') == [b'* LIST (\\Noselect \\HasChildren) "/" Shared/kim@a.test\r\n']
        await kim.ok("SETACL P/&1VyuAA-/deep lee@a.test lr")
        # RFC 4314 §4: a level that may not be looked up is as if it were no mailbox.
        assert await lee.ok("LIST Shared/kim@a.test/ *") == [
            b'* LIST (\\Noselect \\HasChildren) "/" Shared/kim@a.test/P\r\n',
            b'* LIST (\\HasNoChildren) "/" Shared/kim@a.test/P/&1VyuAA-/deep\r\n',
        ]
        await share(kim, "P", '""')
        assert [line for line in await lee.ok('LIST "" *') if b"Shared/kim@a.test/P\r" in line] == []
        assert not any(b"Shared" in line for line in await kim.ok('LIST "" *'))

    story_of(tmp_path, story)


def test_list_with_status_and_rights(tmp_path):
    """RFC 5819 §2: what cannot be opened has no STATUS; RFC 8440 §3."""

    async def story(world, kim, lee):
        await kim.ok("CREATE Q")
        await share(kim, "P", "lr")
        await share(kim, "Q", "lk")
        assert await lee.ok('LIST "" Shared/* RETURN (STATUS (MESSAGES) MYRIGHTS)') == [
            b'* LIST (\\HasNoChildren) "/" Shared/kim@a.test/P\r\n',
            b"* STATUS Shared/kim@a.test/P (MESSAGES 1)\r\n",
            b"* MYRIGHTS Shared/kim@a.test/P lr\r\n",
            b'* LIST (\\Noselect \\HasNoChildren) "/" Shared/kim@a.test/Q\r\n',
            b"* MYRIGHTS Shared/kim@a.test/Q lkc\r\n",
        ]
        assert (await lee.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" Shared RETURN (MYRIGHTS)')) == []
        await lee.ok(f"SUBSCRIBE {shared()}")
        assert (await lee.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" Shared RETURN (MYRIGHTS)')) == [
            b'* LIST (\\NonExistent \\HasChildren) "/" Shared ("CHILDINFO" ("SUBSCRIBED"))\r\n'
        ]

    story_of(tmp_path, story)


def test_a_subscription_to_what_was_taken_away_tells_of_no_mailbox(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lr")
        await lee.ok(f"SUBSCRIBE {shared()}")
        await kim.ok("DELETEACL P lee@a.test")
        hidden = await lee.ok('LIST (SUBSCRIBED) "" Shared/*')
        await kim.ok("DELETE P")
        assert await lee.ok('LIST (SUBSCRIBED) "" Shared/*') == hidden
        assert b"\\NonExistent" in hidden[0]

    story_of(tmp_path, story)


def test_rights_are_set_added_taken_and_told(tmp_path):
    """The examples of RFC 4314 §2.1.1, §3.1 and §3.3."""

    async def story(world, kim, lee):
        world.join(CHOI)
        assert await kim.ok("GETACL P") == [b"* ACL P kim@a.test lrswipkxteacd\r\n"]
        await kim.ok("SETACL P Lee@A.test lrswida")
        await kim.ok("SETACL P choi@a.test lrswi")
        await kim.ok("SETACL P choi@a.test +cda")
        await kim.ok("SETACL P -choi@a.test wetd")
        await kim.ok("SETACL P anyone l")
        given = b"-choi@a.test wted anyone lc choi@a.test lrswikxteacd lee@a.test lrswiteaad".replace(b"lc ", b"l ")
        given = given.replace(b"teaad", b"tead")
        assert await kim.ok("GETACL P") == [b"* ACL P kim@a.test lrswipkxteacd " + given + b"\r\n"]
        await kim.ok("SETACL P choi@a.test -k")
        await kim.ok("DELETEACL P lee@a.test")
        assert await kim.ok("GETACL P") == [
            b"* ACL P kim@a.test lrswipkxteacd -choi@a.test wted anyone l choi@a.test lrswixteacd\r\n"
        ]
        choi = await world.client(who=CHOI)
        assert await choi.ok(f"MYRIGHTS {shared()}") == [b"* MYRIGHTS Shared/kim@a.test/P lrsixac\r\n"]
        assert await lee.ok(f"MYRIGHTS {shared()}") == [b"* MYRIGHTS Shared/kim@a.test/P l\r\n"]
        assert await kim.ok("MYRIGHTS P") == [b"* MYRIGHTS P lrswipkxteacd\r\n"]

    story_of(tmp_path, story)


def test_what_is_no_right_and_nobody_is_refused(tmp_path):
    async def story(world, kim, lee):
        await kim.bad("SETACL P lee@a.test lrQ")
        await kim.bad("SETACL P lee@a.test lrq")
        await kim.no("SETACL P nobody@elsewhere.test lr")
        await kim.no("SETACL P kim@a.test lr")
        await kim.no("SETACL P -kim@a.test lr")
        await kim.no("SETACL P team lr")
        await kim.no("SETACL nowhere lee@a.test lr", "NONEXISTENT")
        assert await kim.ok("GETACL P") == [b"* ACL P kim@a.test lrswipkxteacd\r\n"]

    story_of(tmp_path, story)


def test_which_rights_can_be_given(tmp_path):
    async def story(world, kim, lee):
        assert await kim.ok("LISTRIGHTS P Lee@a.test") == [
            b'* LISTRIGHTS P Lee@a.test "" l r s w i p k x t e a c d\r\n'
        ]
        assert await kim.ok("LISTRIGHTS P kim@a.test") == [b"* LISTRIGHTS P kim@a.test lrswipkxteacd\r\n"]
        assert await kim.ok("LISTRIGHTS P anyone") == [b'* LISTRIGHTS P anyone "" l r s w i p k x t e a c d\r\n']
        await kim.no("LISTRIGHTS P nobody@elsewhere.test")

    story_of(tmp_path, story)


def test_whoever_shares_a_mailbox_is_not_told_which_addresses_there_are(tmp_path):
    async def story(world, kim, lee):
        async def told(who):
            commands = (
                "SETACL P {} lr",
                "SETACL P -{} +w",
                "LISTRIGHTS P {}",
                "GETACL P",
                "DELETEACL P {}",
                "GETACL P",
            )
            answers = [await kim.do(command.format(who)) for command in commands]
            await kim.ok(f"DELETEACL P -{who}")
            return [[line.decode().replace(who, "WHO") for line in answer] for answer in answers]

        assert await told("lee@a.test") == await told("nobody@a.test") == await told("postmaster@a.test")
        assert "WHO lr" in (await told("nobody@a.test"))[3][0]

    story_of(tmp_path, story)


def test_what_nobody_was_given_is_not_for_whoever_gets_the_address(tmp_path):
    async def story(world, kim, lee):
        for who in (CHOI, f"-{CHOI}", LEE):
            await kim.ok(f"SETACL P {who} lr")
        world.join(CHOI)
        assert await kim.ok("GETACL P") == [b"* ACL P kim@a.test lrswipkxteacd lee@a.test lr\r\n"]
        choi = await world.client(who=CHOI)
        await choi.no(f"SELECT {shared()}", "NONEXISTENT")
        await kim.ok(f"SETACL P {CHOI} lr")  # the control
        await choi.ok(f"SELECT {shared()}")

    story_of(tmp_path, story)


@pytest.mark.parametrize("right", "lrikxa")
def test_any_right_to_use_a_mailbox_lets_ask_for_rights(tmp_path, right):
    async def story(world, kim, lee):
        await share(kim, "P", right)
        assert (await lee.ok(f"MYRIGHTS {shared()}"))[0].split()[-1][:1] == right.encode()
        await share(kim, "P", "swpt")
        await lee.no(f"MYRIGHTS {shared()}", "NONEXISTENT")

    story_of(tmp_path, story)


def test_what_a_visitor_creates_belongs_to_the_owner_and_has_the_list_of_the_level_above(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lrk")
        await lee.ok(f"CREATE {shared()}/&1VyuAA-/b")
        assert b'* LIST (\\HasNoChildren) "/" P/&1VyuAA-/b\r\n' in await kim.ok('LIST "" P/*')
        assert await kim.ok("GETACL P/&1VyuAA-/b") == [
            b"* ACL P/&1VyuAA-/b kim@a.test lrswipkxteacd lee@a.test lrkc\r\n"
        ]
        await lee.no("CREATE Shared/kim@a.test/top", "NOPERM")
        await lee.no(f"CREATE {shared()}/sent (USE (\\Sent))", "USEATTR")

    story_of(tmp_path, story)


def test_a_mailbox_stays_with_its_owner(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", ALL)
        await share(kim, "INBOX", ALL)
        await lee.no(f"RENAME {shared()} mine", "CANNOT")
        await lee.no(f"RENAME Sent {shared()}/Sent", "CANNOT")
        await lee.no(f"RENAME {shared('INBOX')} {shared()}/old", "CANNOT")
        await lee.no(f"DELETE {shared('INBOX')}", "CANNOT")
        await lee.ok(f"STATUS {shared('inbox')} (MESSAGES)")
        await lee.no("STATUS Shared/lee@a.test/INBOX (MESSAGES)", "NONEXISTENT")

    story_of(tmp_path, story)


def test_an_address_with_a_slash_parts_no_levels(tmp_path):
    async def story(world):
        world.join("a/b=c@a.test")
        owner, kim = await world.client(who="a/b=c@a.test"), await world.client()
        await owner.ok("SETACL INBOX kim@a.test lr")
        assert await kim.ok('LIST "" Shared/%/%') == [b'* LIST (\\HasNoChildren) "/" Shared/a=2Fb=3Dc@a.test/INBOX\r\n']
        await kim.ok("STATUS Shared/a=2Fb=3Dc@a.test/INBOX (MESSAGES)")
        await kim.no("STATUS Shared/a/b=c@a.test/INBOX (MESSAGES)", "NONEXISTENT")

    at(tmp_path, story)


# Said while the mailbox is open, or about another one from there.
NEEDS_OPEN = {
    "STORE \\Seen": ("STORE 1 +FLAGS (\\Seen)", "s", "lr"),
    "STORE \\Deleted": ("STORE 1 +FLAGS (\\Deleted)", "t", "lr"),
    "STORE another flag": ("STORE 1 +FLAGS (\\Flagged)", "w", "lr"),
    "STORE a keyword": ("STORE 1 +FLAGS (work)", "w", "lr"),
    "STORE nothing else": ("STORE 1 FLAGS (\\Answered)", "w", "lrst"),
    "EXPUNGE": ("EXPUNGE", "e", "lr"),
    "UID EXPUNGE": ("UID EXPUNGE 1", "e", "lr"),
    "MOVE away, marking": ("MOVE 1 INBOX", "t", "lre"),
    "MOVE away, expunging": ("MOVE 1 INBOX", "e", "lrt"),
    "COPY into": ("COPY 1 {P}", "i", "lr"),
    "MOVE into": ("MOVE 1 {P}", "i", "lrte"),
    "REPLACE here, marking": ("REPLACE 1 INBOX {{22+}}\r\nSubject: brought\r\n\r\n\r\n", "t", "lre"),
    "REPLACE here, expunging": ("REPLACE 1 INBOX {{22+}}\r\nSubject: brought\r\n\r\n\r\n", "e", "lrt"),
    "REPLACE into": ("REPLACE 1 {P} {{22+}}\r\nSubject: brought\r\n\r\n\r\n", "i", "lrte"),
    "APPEND": ("APPEND {P} {{22+}}\r\nSubject: brought\r\n\r\n\r\n", "i", "lr"),
}


@pytest.mark.parametrize("case", NEEDS_OPEN)
def test_a_command_in_the_open_mailbox_needs_its_right_and_no_other(tmp_path, case):
    command, right, also = NEEDS_OPEN[case]

    async def story(world, kim, lee):
        said = command.format(P=shared())
        rest = "".join(letter for letter in ALL if letter != right)
        await share(kim, "P", rest)
        await lee.ok(f"SELECT {shared()}")
        await lee.no(said, "NOPERM")
        await share(kim, "P", right + also)
        await lee.ok(f"SELECT {shared()}")
        await lee.ok(said)

    story_of(tmp_path, story)


def test_what_is_read_is_marked_only_by_who_may(tmp_path):
    async def story(world, kim, lee):
        for rights, marked in (("lrw", set()), ("lrs", {"\\Seen"})):
            await share(kim, "P", rights)
            await lee.ok(f"SELECT {shared()}")
            await lee.ok("FETCH 1 BODY[]")
            assert await flags(lee) == marked

    story_of(tmp_path, story)


@pytest.mark.parametrize(
    ("rights", "code", "permanent"),
    [
        ("lr", b"READ-ONLY", b"()"),
        ("lrs", b"READ-WRITE", b"(\\Seen)"),
        ("lri", b"READ-WRITE", b"()"),
        ("lre", b"READ-WRITE", b"()"),
        ("lrt", b"READ-WRITE", b"(\\Deleted)"),
        ("lrkxpa", b"READ-ONLY", b"()"),
    ],
)
def test_select_says_what_may_be_changed(tmp_path, rights, code, permanent):
    """RFC 4314 §5.1.1 and §5.2."""

    async def story(world, kim, lee):
        await share(kim, "P", rights)
        *lines, last = await lee.do(f"SELECT {shared()}")
        assert last.startswith(b"OK [%b]" % code)
        assert b"* OK [PERMANENTFLAGS %b] Kept\r\n" % permanent in lines

    story_of(tmp_path, story)


def test_select_says_of_w_that_keywords_may_be_made(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lrw")
        (line,) = [line for line in await lee.ok(f"SELECT {shared()}") if b"PERMANENTFLAGS" in line]
        assert b"\\Flagged" in line and b"\\*)" in line
        assert b"\\Seen" not in line and b"\\Deleted" not in line

    story_of(tmp_path, story)


def test_a_store_changes_the_flags_it_may_and_says_nothing_of_the_others(tmp_path):
    async def story(world, kim, lee):
        await kim.ok("SELECT P")
        await kim.ok("STORE 1 FLAGS (\\Seen \\Flagged work)")
        await share(kim, "P", "lrts")
        await lee.ok(f"SELECT {shared()}")
        await lee.ok("STORE 1 FLAGS (\\Deleted \\Answered play)")
        assert await flags(lee) == {"\\Flagged", "\\Deleted", "work"}
        await share(kim, "P", "lrw")
        await lee.ok("STORE 1 FLAGS (\\Answered play)")
        assert await flags(lee) == {"\\Answered", "\\Deleted", "play"}
        assert (await kim.ok("STATUS P (UNSEEN)"))[0] == b"* STATUS P (UNSEEN 1)\r\n"

    story_of(tmp_path, story)


@pytest.mark.parametrize(
    ("rights", "wanted"),
    [
        ("rwis", [{"\\Draft"}, {"\\Answered"}, {"\\Seen", "$Forwarded"}]),
        ("rsti", [{"\\Deleted"}, set(), {"\\Seen"}]),
        ("ri", [set(), set(), set()]),
    ],
)
def test_a_copy_has_the_flags_that_may_be_set_there(tmp_path, rights, wanted):
    """The example of RFC 4314 §4."""

    async def story(world, kim, lee):
        for words in ("\\Draft \\Deleted", "\\Answered", "$Forwarded \\Seen"):
            await lee.append(LETTER, before=f"({words}) ")
        await kim.ok("CREATE target")
        await share(kim, "target", rights)
        await lee.ok("SELECT INBOX")
        await lee.ok(f"COPY 1:3 {shared('target')}")
        await lee.append(LETTER, name=shared("target"), before="(\\Draft \\Deleted) ")
        await lee.ok(f"SELECT {shared('target')}")
        assert [await flags(lee, number) for number in (1, 2, 3, 4)] == [*wanted, wanted[0]]

    story_of(tmp_path, story)


def test_close_expunges_only_for_who_may_and_closes_for_everybody(tmp_path):
    async def story(world, kim, lee):
        for rights, left in (("lrt", b"1"), ("lrte", b"0")):
            await share(kim, "P", rights)
            await lee.ok(f"SELECT {shared()}")
            await lee.ok("STORE 1 +FLAGS (\\Deleted)")
            await lee.ok("CLOSE")
            assert await kim.ok("STATUS P (MESSAGES)") == [b"* STATUS P (MESSAGES " + left + b")\r\n"]

    story_of(tmp_path, story)


def test_a_visitor_sees_what_the_owner_does_the_moment_it_is_done_and_the_other_way_round(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lrswite")
        await lee.ok(f"SELECT {shared()}")
        await lee.send("i IDLE\r\n")
        await lee.until(b"+ ")
        await kim.append(LETTER, name="P")
        assert (await lee.until(b"* 2 EXISTS"))[-1]
        await kim.ok("SELECT P")
        await kim.ok("STORE 1 +FLAGS (\\Flagged)")
        assert b"\\Flagged" in (await lee.until(b"* 1 FETCH"))[-1]
        await lee.send("DONE\r\n")
        await lee.until(b"i OK")
        await kim.send("i IDLE\r\n")
        await kim.until(b"+ ")
        await lee.ok("STORE 1 +FLAGS (\\Deleted)")
        await lee.ok("EXPUNGE")
        assert (await kim.until(b"* 1 EXPUNGE"))[-1]

    story_of(tmp_path, story)


def test_who_may_read_no_more_is_sent_away_at_once(tmp_path):
    """Nothing of what comes later is told to him (RFC 4314 §5.1.1)."""

    async def story(world, kim, lee):
        other = await world.client(who=LEE)
        await share(kim, "P", "lrs")
        for client in (lee, other):
            await client.ok(f"SELECT {shared()}")
        await other.send("i IDLE\r\n")
        await other.until(b"+ ")
        await kim.ok("DELETEACL P lee@a.test")
        assert (await other.until(b"* BYE"))[-1] == b"* BYE The mailbox is closed\r\n"
        assert await other.ended()
        await kim.append(LETTER, name="P")
        await lee.send("n NOOP\r\n")
        said = await lee.until(b"n ")
        assert b"* BYE The mailbox is closed\r\n" in said and not any(b"EXISTS" in line for line in said)

    story_of(tmp_path, story)


def test_rights_taken_back_count_from_the_next_command_on(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lrswte")
        await lee.ok(f"SELECT {shared()}")
        await share(kim, "P", "lrs")
        await lee.no("STORE 1 +FLAGS (\\Deleted)", "NOPERM")
        await lee.no("EXPUNGE", "NOPERM")
        await lee.ok("STORE 1 +FLAGS (\\Seen)")

    story_of(tmp_path, story)


def test_what_is_put_into_another_s_mailbox_takes_his_room(tmp_path):
    async def story(world):
        world.join(LEE)
        kim, lee = await world.client(), await world.client(who=LEE)
        await kim.ok("CREATE P")
        await share(kim, "P", "lrite")
        await lee.append(LETTER)
        await lee.ok("SELECT INBOX")
        for command in (f"COPY 1 {shared()}", f"MOVE 1 {shared()}"):
            await lee.no(command, "OVERQUOTA")
        assert (await lee.append(LETTER, name=shared())).startswith(b"NO [OVERQUOTA]")
        assert await kim.ok("STATUS P (MESSAGES)") == [b"* STATUS P (MESSAGES 0)\r\n"]
        assert (await lee.append(LETTER)).startswith(b"OK")

    at(tmp_path, story, people={"quota_octets": 10})


def test_what_a_visitor_moves_to_himself_its_owner_can_bring_back(tmp_path):
    async def story(world, kim, lee):
        await share(kim, "P", "lrte")
        await lee.ok(f"SELECT {shared()}")
        await lee.ok("MOVE 1 INBOX")
        rows = world.home.engine.read_now(lambda tx: tx.all("SELECT account_id, mailbox FROM removed"))
        assert rows == [(world.kim.id, "P")]

    story_of(tmp_path, story)


def test_catenate_reads_only_what_may_be_read(tmp_path):
    async def story(world, kim, lee):
        url = f"/{shared()}/;UID=1"
        brought = f'APPEND INBOX CATENATE (URL "{url}")'
        await share(kim, "P", "l")
        await lee.no(brought, "BADURL")
        await share(kim, "P", "r")
        await lee.ok(brought)

    story_of(tmp_path, story)
