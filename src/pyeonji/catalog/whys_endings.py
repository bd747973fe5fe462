"""Why a connection ended, or somebody decided about a letter, in Korean: clauses of stations and commands."""

CLAUSES = (
    ("the server stops", "서버를 끄고 있어요"),
    ("the connection was lost|lost", "연결이 끊겼어요"),
    ("closed without (LOGOUT|QUIT)", "상대가 {0} 없이 끊었어요"),
    ("QUIT was not answered", "QUIT에 대답이 없었어요"),
    ("idle for too long", "너무 오래 아무 말이 없었어요"),
    ("too slow", "너무 느렸어요"),
    ("dropped by policy", "정책에 따라 끊었어요"),
    ("too many failed logins", "로그인에 너무 여러 번 실패했어요"),
    ("too many connections", "연결이 너무 많아요"),
    ("too many TLS handshakes", "TLS 악수가 너무 잦아요"),
    ("too many unknown recipients", "없는 받는 사람을 너무 여러 번 말했어요"),
    ("the open mailbox was deleted", "열어 둔 우편함이 지워졌어요"),
    ("the open mailbox was renamed", "열어 둔 우편함의 이름이 바뀌었어요"),
    ("the open mailbox is closed", "열어 둔 우편함이 닫혔어요"),
    (r"refused: (.*)", "받지 않았어요: {0}"),
    ("from the command line", "명령줄에서 정했어요"),
)
