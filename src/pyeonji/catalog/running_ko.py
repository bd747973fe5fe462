"""Korean sentences of the commands that look after a server; the same keys as `running_en`."""

from pyeonji.catalog.running_examples import EXAMPLES

TEXTS = EXAMPLES | {
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
