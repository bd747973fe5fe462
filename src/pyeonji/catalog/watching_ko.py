"""일하는 서버를 보는 명령의 말."""

from pyeonji.catalog.watching_examples import EXAMPLES

TEXTS = EXAMPLES | {
    # ── logs, top ──
    "help.logs": "무슨 일이 있는지, 일마다 한 줄",
    "help.top": "일하는 서버를 계속 새로 그려 보여요",
    "arg.logs_of": "이 편지만: 접수 번호, Message-ID, 주소",
    "arg.logs_follow": "지금부터 일어나는 일도 이어서",
    "arg.logs_lines": "마지막 몇 줄",
    "arg.logs_level": "debug(오간 말 모두), info, warning, error",
    "arg.logs_style": "text, 또는 postfix: Postfix가 적는 모양으로",
    "arg.top_once": "한 번만 보고 끝내요",
    "top.head": "편지(pyeonji)  {time}  도는 중  (q: 끝)",
    "top.head_down": "편지(pyeonji)  {time}  꺼져 있어요: pyeonji serve  (q: 끝)",
    "top.rates": (
        "1초에:  받음 {accepted}  우편함 {in_mailbox}  건넴 {handed_over}  미룸 {deferred}  실패 {failed}"
        "  로그인 실패 {logins_failed}"
    ),
    "top.connections": "1초에 끝난 연결:  {shown}",
    "top.open": "열려 있는 연결:  {shown}",
    "top.queue": "대기열:  기다림 {waiting}  건네는 중 {trying}  멈춤 {held}  실패 {failed}  가장 오래된 것 {oldest}",
    "top.destinations": "많이 기다리는 곳",
    "top.next": "다음 {time}, 많게는 {attempts}번 시도",
    "top.undecided": "가장 오래 정해지지 않은 편지",
    "top.slowest": "가장 여러 번 시도한 곳",
    "top.waiting": "기다리는 까닭과 고칠 사람",
    "top.failed": "하루 안에 그만둔 편지와 고칠 사람",
    "top.foot": "편지 하나: pyeonji trace 접수번호   모두: pyeonji queue list",
    "top.actor.nobody": "저절로 풀려요",
    "top.actor.writer": "보낸 사람",
    "top.actor.app_developer": "앱 개발자",
    "top.actor.admin": "이 서버 관리자",
    "top.actor.dns_owner": "도메인(DNS) 관리자",
    "top.actor.recipient": "받는 사람",
    "top.actor.recipient_admin": "받는 쪽 관리자",
    # ── pyeonji alone ──
    "overview.empty": "{data} 에는 아직 편지 서버가 없어요.",
    "overview.running": "편지 서버가 돌고 있어요. ({data})",
    "overview.down": "편지 서버가 꺼져 있어요. ({data})",
    "overview.letters": "지금까지 편지: 받음 {accepted}, 우편함 {in_mailbox}, 건넴 {handed_over}, 실패 {failed}.",
    "overview.queue": (
        "대기열: 기다림 {waiting}, 건네는 중 {trying}, 멈춤 {held}, 알릴 실패 {failed}. 가장 오래된 것: {oldest}"
    ),
    "overview.no_trouble": "까닭이 있어 기다리거나 하루 안에 실패한 편지가 없어요.",
    "overview.trouble": "{count}명: {sentence} 고칠 사람: {actor}.",
    "overview.certificate": "인증서는 {days}일 남았어요.",
    "overview.no_certificate": "인증서는 서버가 돌 때 알려 드려요.",
    "overview.disk": "디스크: 빈 곳 {free}, 쓴 곳 {used}. 마지막 백업: {backup}",
    "overview.never": "없음",
    "overview.address": "주소",
    "overview.folder": "폴더",
    "overview.next": "다음:  {commands}",
}
