"""우편함이 차오를 때(submission/full), 열쇠를 새로 만들었을 때(new_keys) 알리는 말."""

SENTENCES = {
    "full.author": "우편함 관리",
    "full.subject": "우편함이 {percent}% 찼어요",
    "full.opening": "{address} 님의 우편함이 {percent}% 찼어요.",
    "full.octets": "쓰는 양  {most} 중 {used}",
    "full.messages": "편지 수  {most}통 중 {used}통",
    "full.todo": "가득 차면 오는 편지가 되돌아가요. 필요 없는 편지를 지우고 휴지통을 비워 주세요.",
    "full.once": "자리를 만든 뒤 다시 차오를 때까지 같은 소식을 또 보내지 않아요.",
    # ── 보내는 편지에 서명하는 열쇠 (submission/new_keys) ──
    "keys.subject": "{domain} 도메인의 새 서명 열쇠를 DNS에 넣어 주세요",
    "keys.opening": "{domain} 도메인의 편지에 서명할 새 열쇠를 만들었어요 (DKIM). DNS에 아래 레코드를 넣어 주세요.",
    "keys.todo": "새 열쇠는 DNS에 보이면 쓰고, 그때까지는 지금 열쇠로 서명해요. 늦어도 잃는 것은 없어요.",
    "keys.check": "들어갔는지 보려면: pyeonji dkim check {domain}",
}
