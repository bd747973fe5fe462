"""계정이 너무 많이 보냈을 때 주인과 관리자에게 알리는 말 (submission/overuse)."""

SENTENCES = {
    "overuse.author": "메일 서버",
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
