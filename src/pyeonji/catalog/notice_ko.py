"""서버가 여기 사람들에게 보내는 알림: 우편함이 차오를 때, 서명 열쇠가 새로 생겼을 때, 계정이 너무 많이 보냈을 때."""

SENTENCES = {
    "notice.author": "메일 서버",
    # ── 차오르는 우편함 (submission/full) ──
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
    # ── 너무 많이 보낸 계정 (submission/overuse) ──
    "overuse.subject": "{address} 계정이 편지를 너무 많이 보냈어요",
    "overuse.letters": "{address} 계정이 하루에 보낼 수 있는 편지 {most}통을 다 보냈어요. 더 보내려는 편지는 잠시 "
    "받지 않아요(450 4.7.1).",
    "overuse.recipients": "{address} 계정이 하루에 보낼 수 있는 받는 사람 {most}명을 다 채웠어요. 더 보내려는 편지는 "
    "잠시 받지 않아요(450 4.7.1).",
    "overuse.pace": "{address} 계정이 1분에 보낼 수 있는 편지 {most}통을 넘겼어요. 조금 뒤에 다시 보내면 돼요(450 "
    "4.7.1).",
    "overuse.not_you": "직접 보낸 것이 아니라면 비밀번호가 새어 나갔을 수 있어요. 비밀번호와 앱 비밀번호를 바꾸고, "
    "로그인 기록을 살펴보세요.",
    "overuse.admin": "서버 관리자는 pyeonji account logins {address} 로 기록을 보고, pyeonji account disable "
    "{address} 로 계정을 멈출 수 있어요. 이 소식은 하루에 한 번만 보내요.",
}
