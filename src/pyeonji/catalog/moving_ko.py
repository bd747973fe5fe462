"""Korean sentences of the commands that move letters or bring them back; the same keys as `moving_en`."""

from pyeonji.catalog.moving_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "cli.not_a_mailbox": "{value}: 우편함 이름이 아니에요. INBOX나 일/회의 처럼 쓰세요.",
    # ── undelete ──
    "undelete.which": "무엇을 되살릴지 알려 주세요: 접수 번호, --mailbox, --since, --all. 보기만 하려면 --list.",
    "undelete.done": "{address}: {count}통을 되살렸어요.",
    "undelete.nothing": "{address}: 되살릴 편지가 없어요. 보기: pyeonji undelete {address} --list",
    "undelete.none": "되살릴 수 있는 편지가 없어요.",
    "title.removed": "지운 때",
    "title.mailbox": "우편함",
    "arg.account": "계정의 주소",
    "arg.removed_ids": "되살릴 편지의 접수 번호",
    "arg.was_in": "이 우편함에 있던 것만",
    "arg.removed_since": "지운 지 이만큼 안 된 것만, 2d 처럼",
    "arg.into": "이 우편함에 넣어요 (기본: 있던 곳)",
    "arg.all_removed": "되살릴 수 있는 것 모두",
    "arg.list_removed": "되살리지 않고 보기만 해요",
    "help.undelete": "지운 편지를 되살려요",
}
