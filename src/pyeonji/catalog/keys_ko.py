"""Korean sentences about the keys we sign with; the same keys as `keys_en`."""

from pyeonji.catalog.keys_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "help.dkim": "보내는 편지에 서명하는 열쇠 (DKIM)",
    "help.dkim.list": "열쇠 모두와 어디까지 왔는지",
    "help.dkim.show": "DNS에 무엇을 넣어야 하는지",
    "help.dkim.check": "지금 DNS에 물어보고, 올라와 있는 열쇠를 써요",
    "help.dkim.rotate": "새 열쇠를 만들어요. 새것이 DNS에 보일 때까지는 옛것으로 서명해요",
    "help.dkim.use": "DNS에 묻지 않고 지금부터 이 열쇠로 서명해요",
    "help.dkim.retire": "이 열쇠로는 더 서명하지 않아요",
    "arg.selector": "열쇠 이름 (`pyeonji dkim list`에 보이는 것)",
    "arg.dkim_domain": "도메인 이름 (쓰지 않으면 모두)",
    "arg.zone": "존 파일의 줄로",
    "title.selector": "열쇠",
    "title.algorithm": "방식",
    "title.since": "언제부터",
    "dkim.none": "열쇠가 없어요. 도메인을 더할 때 함께 만들어져요: pyeonji domain add 이름",
    "dkim.none_of": "{domain}: 열쇠가 없어요. 만들기: pyeonji dkim rotate {domain}",
    "dkim.no_dns": "{domain}: DNS에 물어볼 수 없는 이름이라 열쇠가 없어요.",
    "dkim.next": "열쇠가 DNS에 보이면 이 도메인의 편지에 서명해요. 넣을 것: pyeonji dkim show {domain}",
    "dkim.paste": "{domain} 도메인의 DNS에 아래 TXT 레코드를 그대로 넣으세요.",
    "dkim.name": "이름  {name}",
    "dkim.value": "값    {value}",
    "dkim.then": "그다음: pyeonji dkim check {domain} (서버가 켜져 있으면 1분마다 스스로도 찾아봐요.)",
    "dkim.all_there": "{domain}: 필요한 것이 모두 DNS에 있어요.",
    "dkim.made": "{domain}: 새 열쇠를 만들었어요. 새것이 DNS에 보일 때까지는 옛것으로 서명해요.",
    "dkim.waits": "{domain}: 이미 새 열쇠가 DNS를 기다리고 있어요: pyeonji dkim show {domain}",
    "dkim.used": "이제 {domain} 도메인의 편지에는 {selector} 열쇠로 서명해요.",
    "dkim.would_retire": (
        "{domain} 도메인의 편지에 {selector} 열쇠로 더는 서명하지 않게 되고, 되돌릴 수 없어요."
        " 정말 하려면 --yes 를 붙이세요."
    ),
    "dkim.retired": (
        "{selector} 열쇠로는 더 서명하지 않아요. 레코드는 이레 동안 DNS에 두세요. 가는 길에 있는 편지가 있어요."
    ),
    "dkim.unknown": (
        "{selector}: {domain} 도메인에 이런 열쇠가 없거나 이미 그만 쓴 열쇠예요. 보기: pyeonji dkim list {domain}"
    ),
    "dkim.state.made": "DNS를 기다려요",
    "dkim.state.published": "DNS에 있어요. 곧 서명해요",
    "dkim.state.active": "서명해요",
    "dkim.state.retired": "그만 썼어요. 레코드는 아직 두세요",
    "dkim.state.gone": "그만 썼어요. 레코드를 지워도 돼요",
    "dkim.said.shown": "{name}: DNS에 있어요.",
    "dkim.said.absent": "{name}: 아직 DNS에 없어요. 넣을 것: pyeonji dkim show {domain}",
    "dkim.said.other": "{name}: DNS에 다른 것이 적혀 있어요. 적혀야 할 것: pyeonji dkim show {domain}",
    "dkim.said.unknown": "{name}: 이름 서버가 답하지 않아요. 나중에 다시 해 보세요.",
    # ── explain dkim ──
    "help.explain.dkim": "누가 이 편지에 서명했고 그 뒤로 바뀌지 않았는지 (DNS에 물어요)",
    "arg.signed_letter": '편지 전체가 든 파일. "-"이면 표준 입력',
    "explain.no_letter": "{file}: 편지가 아니에요. 맨 앞에 머리글이 없어요.",
    "explain.too_large": "{file}: 너무 커요. 256 MiB까지 읽어요.",
    "dkim.unsigned": "아무도 이 편지에 서명하지 않았어요.",
    "dkim.signature": "서명 {number}",
    "dkim.good": "{domain} 도메인이 서명했고, 그 뒤로 바뀌지 않았어요 (열쇠 {bits}비트).",
    "dkim.result.fail": "{domain} 도메인이 서명했다는 것과 이 편지가 맞지 않거나, 증거가 되지 못해요: {why}.",
    "dkim.result.policy": "{domain} 도메인이 편지의 일부에만 서명했어요: {why}. 그것으로는 모자라요.",
    "dkim.result.neutral": "살펴보지 않았어요: {why}.",
    "dkim.result.temperror": "지금은 알 수 없어요: {why}. 나중에 다시 해 보세요.",
    "dkim.result.permerror": "이 서명은 확인할 수 없어요: {why}.",
    "dkim.testing": "도메인 주인은 시험 중이라고 해요 (t=y).",
    "dkim.chain": "이어 준 서버들의 표시 (ARC)",
    "dkim.chain_good": "온전해요: {sealers}.",
    "dkim.chain_broken": "깨져서 아무 뜻이 없어요: {why}.",
}
