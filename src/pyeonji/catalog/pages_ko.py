"""화면에 대한 명령의 말."""

from pyeonji.catalog.pages_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "account.admin_on": "{address}: 이제 모든 편지를 봐요. 되돌리기: pyeonji account admin {address} off",
    "account.admin_off": "{address}: 이제 화면에서 자기 편지만 봐요.",
    "account.login_link": "{address|이/가} 한 번 들어오는 링크예요. {minutes}분 동안 쓸 수 있어요.",
    "help.account.admin": "화면에서 모든 편지를 볼 사람",
    "help.account.login-link": "한 번 들어오는 링크를 만들어요",
    "arg.admin_on": "on은 관리자로, off는 아니게",
}
