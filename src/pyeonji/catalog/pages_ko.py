"""화면에 대한 명령의 말."""

from pyeonji.catalog.pages_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "journey.link": "문의 번호 {code}. 이 링크를 가진 누구나 이 편지가 어디까지 갔는지 봐요. 주소와 내용은 가려져요.",
    "journey.would_forget": "{address}: 편지 {count}통의 여정에서 지워요. 되돌릴 수 없어요. 정말이면 --yes를 붙이세요.",
    "journey.forgotten": "{address}: 편지 {count}통의 여정에서 지웠어요.",
    "journey.under_way": "{count}통은 아직 가는 중이라 그대로예요. 끝난 뒤에 다시 하세요.",
    "help.journey": "편지의 여정을 나누고 지워요",
    "help.journey.link": "누구나 볼 수 있는 링크를 만들어요",
    "help.journey.forget": "주소를 여정에서 지워요",
    "arg.forget_address": "지울 주소",
    "account.admin_on": "{address}: 이제 모든 편지를 봐요. 되돌리기: pyeonji account admin {address} off",
    "account.admin_off": "{address}: 이제 화면에서 자기 편지만 봐요.",
    "account.login_link": "{address|이/가} 한 번 들어오는 링크예요. {minutes}분 동안 쓸 수 있어요.",
    "help.account.admin": "화면에서 모든 편지를 볼 사람",
    "help.account.login-link": "한 번 들어오는 링크를 만들어요",
    "arg.admin_on": "on은 관리자로, off는 아니게",
}
