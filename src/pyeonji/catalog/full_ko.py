"""우편함이 차오를 때 주인에게 알리는 말 (submission/full)."""

SENTENCES = {
    "full.author": "우편함 관리",
    "full.subject": "우편함이 {percent}% 찼어요",
    "full.opening": "{address} 님의 우편함이 {percent}% 찼어요.",
    "full.octets": "쓰는 양  {most} 중 {used}",
    "full.messages": "편지 수  {most}통 중 {used}통",
    "full.todo": "가득 차면 오는 편지가 되돌아가요. 필요 없는 편지를 지우고 휴지통을 비워 주세요.",
    "full.once": "자리를 만든 뒤 다시 차오를 때까지 같은 소식을 또 보내지 않아요.",
}
