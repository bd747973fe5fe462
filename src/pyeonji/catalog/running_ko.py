"""Korean sentences of the commands that look after a server; the same keys as `running_en`."""

from pyeonji.catalog.dns_ko import TEXTS as DNS
from pyeonji.catalog.running_examples import EXAMPLES
from pyeonji.catalog.setup_ko import TEXTS as SETUP

ELSEWHERE = EXAMPLES | DNS | SETUP
TEXTS = ELSEWHERE | {
    # ── backup, restore ──
    "backup.done": "{path}: 편지 {letters}통. 큰 편지 {files}통 가운데 {copied}통을 새로 복사했어요.",
    "backup.sealed": "비밀번호와 개인 열쇠도 잠가서 넣었어요. {file} 없이는 못 열어요. 다른 곳에 보관하세요.",
    "backup.bare": "비밀번호와 개인 열쇠는 넣지 않았어요. 잠가서 넣으려면: --key 파일",
    "backup.missing": "{file}: 저장소에 적힌 파일인데 없거나 달라졌어요. 실행하세요: pyeonji verify",
    "backup.lab": "실습실은 백업하지 않아요. pyeonji lab --reset 으로 새로 만들 수 있어요.",
    "backup.postgres": (
        "이 저장소는 PostgreSQL에 있고, 사본은 그쪽 도구가 만들어요: pg_dump, 그리고 content/ 폴더의 사본."
    ),
    "backup.no_key": "{file}: 열쇠를 읽을 수 없어요 ({reason}). 만드세요: openssl rand -base64 32 > {file}",
    "backup.short_key": "{file}: 열쇠는 {least}글자가 넘어야 해요. 만드세요: openssl rand -base64 32 > {file}",
    "restore.done": "{data}: {made}의 모습으로 되돌렸어요. 편지 {letters}통. 확인: pyeonji verify, 시작: pyeonji serve",
    "restore.waiting": (
        "받는 사람 {waiting}명이 편지를 기다려요. 백업 뒤에 이미 받은 사람도 있을 수 있지만, 서버는 모두에게 보내요."
        " 시작하기 전에: pyeonji queue list, pyeonji queue cancel"
    ),
    "restore.bare": "계정 {bare}개에 비밀번호가 없어요. 새로 정하세요: pyeonji account passwd 주소",
    "restore.in_use": "{data}: 이미 편지 서버가 있는 폴더예요. 빈 폴더를 알려 주세요: --data 폴더",
    "restore.changed": "{file}: 백업할 때와 다른 파일이에요. 더 오래된 백업을 쓰세요: --from 이름",
    "restore.no_backup": "{folder}: 온전한 백업이 없어요. pyeonji backup 에 알려 준 폴더를 쓰세요.",
    "restore.wrong_key": "{file}: 이 열쇠로는 열리지 않아요. 백업할 때 쓴 열쇠를 주세요.",
    "arg.backup_folder": "백업을 모아 두는 폴더 (되도록 다른 디스크)",
    "arg.backup_key": "비밀번호와 개인 열쇠를 잠글 열쇠가 든 파일",
    "arg.restore_key": "백업할 때 쓴 열쇠가 든 파일",
    "arg.backup_keep": "오래된 것부터 지워서 N개를 남겨요",
    "arg.backup_name": "되돌릴 백업 (보통은 가장 새것)",
    "help.backup": "다시 만들 수 없는 것을 모두 복사해요 (서버가 도는 동안에도)",
    "help.restore": "백업으로 데이터 폴더를 만들어요",
    # ── clients ──
    "clients.login": "아이디: {address}. pyeonji dns 의 레코드가 있으면 편지 프로그램이 저절로 찾아요.",
    "clients.not_signed": "프로파일에 서명하지 못했어요 ({reason}).",
    "title.protocol": "방식",
    "title.lock": "잠금",
    "arg.clients_format": "프로그램이 읽는 모양: thunderbird, outlook, apple",
    "help.clients": "편지 프로그램을 어떻게 설정하는지",
    # ── systemd ──
    "systemd.next": "이제: systemctl daemon-reload && systemctl enable --now pyeonji.socket pyeonji.service",
    "arg.unit_folder": "유닛을 둘 곳 (보통은 /etc/systemd/system)",
    "help.systemd": "서버를 켜는 systemd 유닛",
    "help.systemd.print": "화면에 보여요",
    "help.systemd.install": "제자리에 넣어요",
    # ── upgrade, rollback ──
    "cli.older_version": (
        "{data}: 더 옛날 pyeonji가 쓴 폴더예요 (스키마 {version})."
        " 되돌릴 사본을 남기고 새 버전으로 올리세요: pyeonji upgrade"
    ),
    "upgrade.done": (
        "{data}: 스키마 {version}에서 올렸어요. 그전 것의 사본: {copy}\n"
        "  되돌리기: 서버를 멈추고 pyeonji rollback. 문제가 없으면 사본은 지워도 돼요."
    ),
    "upgrade.not_needed": "{data}: 올릴 것이 없어요.",
    "rollback.would": (
        "{data}: 스키마 {now}에서 {then|으로/로} 되돌려요. 그 뒤에 온 편지 {letters}통은 {kept}에 남지만"
        " 우편함에서는 보이지 않아요. 하려면: pyeonji rollback --yes"
    ),
    "rollback.done": (
        "{data}: 스키마 {then|으로/로} 되돌렸어요. 있던 것은 {kept}에 있어요.\n"
        "  서버를 켜기 전에 옛 pyeonji를 설치하세요. 지금 것으로 켜면 다시 올라가요."
    ),
    "rollback.no_copy": "{data}: 되돌릴 사본이 없어요. 사본은 올릴 때 만들어져요. 없으면 백업을 쓰세요.",
    "help.upgrade": "데이터 폴더를 이 버전으로 올려요 (되돌릴 사본을 남겨요)",
    "help.rollback": "마지막으로 올리기 전으로 되돌려요",
}
