"""SMTP를 손으로 말하는 사람 옆의 귀띔."""

SENTENCES = {
    "lab.hint.next_hello": "먼저 인사해요. 예: {example}",
    "lab.hint.next_mail": "다음은 보내는 사람이에요. 예: {example}",
    "lab.hint.next_rcpt": "다음은 받는 사람이에요. 예: {example}",
    "lab.hint.next_data": "받는 사람을 더 적거나, 내용을 시작해요: {example}",
    "lab.hint.next_header": "머리말을 적고(예: {example}), 빈 줄 하나, 그다음 본문이에요.",
    "lab.hint.next_content": "본문을 적어요. 다 썼으면 점 하나만 있는 줄을 보내요: {example}",
    "lab.hint.next_done": "받았대요. 또 쓰려면 MAIL FROM, 끝내려면 {example}",
    "lab.hint.space_first": "줄 앞의 빈칸을 지워 보세요. 명령은 첫 칸부터 적어요.",
    "lab.hint.hello_spelling": "인사는 HELO 또는 EHLO 네 글자예요. L이 하나예요.",
    "lab.hint.hello_name": "인사 뒤에 자기 이름을 적어요. 예: EHLO mx.1ban.test",
    "lab.hint.mail_from": "보내는 사람은 MAIL FROM:<주소> 로 적어요.",
    "lab.hint.rcpt_to": "받는 사람은 RCPT TO:<주소> 로 적어요.",
    "lab.hint.header_outside": (
        "From, To, Subject 는 편지 속에 적는 줄이에요. DATA 뒤에 적어요. 봉투는 MAIL FROM 과 RCPT TO 예요. "
    ),
    "lab.hint.colon": "FROM 과 TO 바로 뒤에 쌍점(:)이 있어야 해요. 예: MAIL FROM:<chulsoo@1ban.test>",
    "lab.hint.colon_space": "쌍점(:) 앞뒤에는 빈칸이 없어요. 많은 서버가 그래도 알아듣지만요.",
    "lab.hint.brackets": "주소를 < 와 > 로 감싸요. 예: <chulsoo@1ban.test>",
    "lab.hint.bracket_open": "주소 뒤에 > 가 빠졌어요.",
    "lab.hint.dot_outside": "점은 편지 속에서만 “끝”이에요. 지금은 편지를 쓰고 있지 않아요.",
    "lab.hint.not_ascii": "명령은 로마자로 적어요. 한글은 편지 속에 마음껏 써도 돼요.",
    "lab.hint.mail_twice": "봉투를 이미 쓰고 있어요. 새로 쓰려면 RSET 을 먼저 보내요.",
    "lab.hint.order": "{line|은/는} 아직이에요. 그 앞에 이것을 해요: {example}",
    "lab.hint.near": "{line|이라는/라는} 말은 없어요. 혹시 {example|이었/였}나요?",
    "lab.hint.unknown": "서버가 모르는 말이에요. 아는 말: EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT",
    "lab.hint.empty": "빈 줄은 보내지 않았어요. 빈 줄은 편지 속에서만 뜻이 있어요.",
    "lab.hint.not_here": "{line|은/는} 프로그램끼리 하는 말이라서 손으로 이어 갈 수 없어요. 보내지 않았어요.",
    "lab.hint.blank": "빈 줄: 머리말이 끝났어요. 여기부터 본문이에요.",
    "lab.hint.no_blank": (
        "머리말과 본문 사이에 빈 줄이 없었어요. 서버는 받지만, 읽는 프로그램이 본문을 찾지 못할 수 있어요. "
    ),
    "lab.hint.no_header": "“{line|은/는}” 머리말 모양이 아니에요. 본문이라면 그 앞에 빈 줄을 하나 두세요.",
    "lab.hint.still_content": "{line|은/는} 지금 편지의 한 줄이 돼요. 편지를 끝내려면 점 하나만 있는 줄을 먼저 보내요.",
    "lab.hint.hung_up": "서버와의 이야기가 끝났어요.",
}
