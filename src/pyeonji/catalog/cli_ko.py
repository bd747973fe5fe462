"""Korean sentences of the command line and the configuration; the same keys as `cli_en`."""

from pyeonji.catalog.app_ko import TEXTS as APP
from pyeonji.catalog.cli_examples import EXAMPLES
from pyeonji.catalog.dmarc_ko import TEXTS as DMARC
from pyeonji.catalog.keys_ko import TEXTS as KEYS
from pyeonji.catalog.login_ko import TEXTS as LOGIN
from pyeonji.catalog.mailbox_ko import TEXTS as MAILBOX
from pyeonji.catalog.moving_ko import TEXTS as MOVING
from pyeonji.catalog.origin_ko import TEXTS as ORIGIN
from pyeonji.catalog.pages_ko import TEXTS as PAGES
from pyeonji.catalog.running_ko import TEXTS as RUNNING
from pyeonji.catalog.score_ko import TEXTS as SCORE
from pyeonji.catalog.search_ko import TEXTS as SEARCH
from pyeonji.catalog.tls_ko import TEXTS as TLS
from pyeonji.catalog.tls_reports_ko import TEXTS as TLS_REPORTS
from pyeonji.catalog.transport_ko import TEXTS as TRANSPORT
from pyeonji.catalog.watching_ko import TEXTS as WATCHING

ELSEWHERE = (
    EXAMPLES
    | APP
    | DMARC
    | KEYS
    | LOGIN
    | MOVING
    | MAILBOX
    | SEARCH
    | PAGES
    | RUNNING
    | ORIGIN
    | TLS
    | TLS_REPORTS
    | TRANSPORT
    | WATCHING
    | SCORE
)
TEXTS = ELSEWHERE | {
    # ── pyeonji.toml ──
    "config.unreadable": "이 파일을 읽을 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "config.too_long": "이 파일은 1 MiB보다 길어요. 맞는 파일인지 확인하세요.",
    "config.not_utf8": "이 줄은 UTF-8이 아니에요. 파일을 UTF-8로 저장하세요.",
    "config.not_toml": '이 줄을 이해할 수 없어요: "{line_text}". 이름 = 값 으로 쓰고, 글자는 큰따옴표로 감싸세요.',
    "config.unknown_like": "{where}: 없는 설정이에요. 혹시 {guess}인가요?",
    "config.unknown": "{where}: 없는 설정이에요. 여기에 쓸 수 있는 것: {known}.",
    "config.not_a_table": "{where}: 여러 설정을 묶는 이름이에요. 한 줄에 따로 [{where}] 라고 쓰세요.",
    "config.not_a_list": '{where}: {value|은/는} 목록이 아니에요. 대괄호로 쓰세요: ["…", "…"].',
    "config.not_yes_no": "{where}: {value|은/는} true도 false도 아니에요. 따옴표 없이 true나 false를 쓰세요.",
    "config.not_a_time": '{where}: {value|은/는} 시간이 아니에요. "30s", "5m", "4h", "5d"처럼 숫자와 단위를 쓰세요.',
    "config.not_a_size": '{where}: {value|은/는} 크기가 아니에요. 바이트 수나 "50 MiB" 같은 크기를 쓰세요.',
    "config.not_a_number": "{where}: {value|은/는} 정수가 아니에요. 25처럼 따옴표 없이 쓰세요.",
    "config.empty_list": "{where}: 목록이 비어 있어요. 값을 하나는 적거나 이 줄을 지우세요.",
    "config.out_of_range": "{where}: {value|은/는} 쓸 수 없는 수예요. {least}부터 {most}까지의 수를 쓰세요.",
    "config.not_text": "{where}: {value|은/는} 글자가 아니에요. 큰따옴표로 감싸세요.",
    "config.not_a_choice": "{where}: {value|은/는} 쓸 수 없어요. 이 가운데 하나를 쓰세요: {choices}.",
    "config.not_a_domain": '{where}: {value|은/는} 도메인이 아니에요. "example.com"처럼 쓰세요.',
    "config.not_absolute": '{where}: {value|은/는} 온전한 경로가 아니에요. "/"부터 쓰세요.',
    "config.not_a_network": '{where}: {value|은/는} 네트워크가 아니에요. "192.0.2.0/24"나 "2001:db8::/32"처럼 쓰세요.',
    "config.not_a_dns_list": '{where}: {value|은/는} 목록이 아니에요. "zen.spamhaus.org*3"처럼 도메인을 쓰세요.',
    "config.not_a_milter": '{where}: {value|은/는} 필터가 있는 곳이 아니에요. "inet:8891@127.0.0.1"처럼 쓰세요.',
    "config.not_a_nameserver": '{where}: {value|은/는} 이름 서버가 아니에요. "192.0.2.53"처럼 IP 주소를 쓰세요.',
    "config.not_a_name": '{where}: {value|은/는} 서버 이름이 아니에요. "mail.example.com"처럼 쓰세요.',
    "config.not_an_endpoint": '{where}: "{value}" 에서는 기다릴 수 없어요. "0.0.0.0:25"처럼 "IP:포트"로 쓰세요.',
    "config.not_a_port": '{where}: "{value}" 에 쓸 수 있는 포트가 없어요. 1부터 65535까지의 포트를 쓰세요.',
    "config.port_twice": "{where}: {value|은/는} 이미 {other} 서비스의 것이에요. 서비스마다 다른 포트를 쓰세요.",
    "config.file_unreadable": "{where}: {value} 파일을 읽을 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "config.not_a_url": "{where}: {value|은/는} https://이름/경로 꼴의 주소가 아니에요. 그렇게 쓰세요.",
    "config.not_an_ldap_url": '{where}: {value|은/는} 디렉터리가 아니에요. "ldaps://ldap.example.com"처럼 쓰세요.',
    "config.not_an_ldap_filter": '{where}: {value|은/는} 필터가 아니에요. "(mail={{address}})"처럼 쓰세요.',
    "config.not_owned": '{where}: {value|은/는} 주소와 파일이 아니에요. "kim@example.com /etc/kim.pem"처럼 쓰세요.',
    "config.ldap_base": "ldap: 어디 아래에서 사람을 찾는지 없어요. ldap.base도 쓰세요.",
    "config.tls_pair": "tls: 인증서에는 열쇠가 있어야 해요. tls.cert와 tls.key를 둘 다 쓰거나 둘 다 빼세요.",
    "config.login_without_password": "{where}: 비밀번호가 없어요. relay.smart_host_password_file도 쓰세요.",
    # ── 모든 명령 ──
    "cli.usage": "쓰는 법:",
    "cli.verbs": "할 수 있는 일 (VERB):",
    "cli.arguments": "적어야 하는 것:",
    "cli.options": "고를 수 있는 것:",
    "cli.examples": "보기:",
    "cli.as_is": "{text}",
    "cli.no_command": "{verb}: 없는 명령이에요. 모든 명령: pyeonji --help",
    "cli.no_verb": "{value}: 여기에 없는 말이에요. 이 가운데 하나를 쓰세요: {choices}",
    "cli.unknown_command": "{verb}: 없는 명령이에요. 혹시 {guess}인가요? 모든 명령: pyeonji --help",
    "cli.see_help": "쓰는 법: {command}",
    "cli.required": "빠진 것이 있어요: {names}",
    "cli.unrecognized": "모르는 말이 있어요: {names}",
    "cli.expected": "{name} 뒤에 값이 있어야 해요.",
    "cli.choice": "{name}: {value|은/는} 고를 수 없어요. 이 가운데 하나예요: {choices}",
    "cli.value": "{name}: {value|은/는} 쓸 수 없는 값이에요. 숫자인지 확인하세요.",
    "cli.not_with": "{name|과/와} {other|은/는} 함께 쓸 수 없어요. 하나만 쓰세요.",
    "cli.one_of": "이 가운데 하나가 있어야 해요: {names}",
    "cli.ambiguous": "{name|은/는} 여러 가지로 읽혀요. 이 가운데 하나를 쓰세요: {choices}",
    "cli.misunderstood": "명령을 이해하지 못했어요: {message}",
    "cli.unheard": "대답을 쓸 수 없어요 ({reason}). 쓰는 곳에 자리가 있는지 확인하세요.",
    "cli.os_error": "{name}: 쓸 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "cli.no_data": "{data}: 편지 서버의 폴더가 아니에요. pyeonji serve 로 시작하거나, --data 로 폴더를 알려 주세요.",
    "cli.unsafe_data": "{data}: 누구나 쓸 수 있는 폴더는 쓰지 않아요. 하세요: chmod 700 {data}",
    "cli.not_yours": (
        "{data}: 이 사용자는 볼 수 없는 폴더예요. 서버를 돌리는 사용자({owner})로 하거나, --data 로 다른 폴더를 쓰세요."
    ),
    "cli.cannot_use": "{data}: 쓸 수 없는 폴더예요 ({reason}). 다른 폴더를 쓰세요: --data 폴더",
    "cli.damaged": "{data}: 저장소가 깨졌어요 ({reason}). 폴더를 백업에서 되돌리세요.",
    "cli.other_version": (
        "{data}: 다른 버전의 pyeonji가 쓴 폴더예요 ({reason}). 그 버전을 쓰거나, 다른 폴더를 쓰세요."
    ),
    "cli.full": "{data}: 디스크가 가득 찼어요. 자리를 비우고 다시 하세요.",
    "cli.unavailable": "지금은 저장소를 쓸 수 없어요 ({reason}). 디스크와 권한을 확인하고 다시 하세요.",
    "cli.store": "저장소가 하지 못했어요: {reason}. 다음을 실행하세요: pyeonji verify",
    "cli.not_an_address": "{value}: 주소 모양이 아니에요. 이름@도메인 으로 쓰세요.",
    "cli.not_a_domain": "{value}: 도메인 이름이 아니에요. example.com 처럼 쓰세요.",
    "cli.not_a_receipt": "{value}: 접수 번호가 아니에요. K7M3-2QXD-9TAB 처럼 열두 글자예요. 찾기: pyeonji queue list",
    "cli.no_lab_domain": "{domain}: 실습실에 없는 도메인이에요. 있는 것: {known}",
    # ── serve, lab, status ──
    "serve.first": (
        "첫 계정을 만들었어요. 비밀번호와 함께 적어 두세요:  {account}\n"
        "  첫 편지:  127.0.0.1:{smtp} 로 보내고, pyeonji trace 주소 로 여정을 보세요."
    ),
    "cli.not_utf8": "{word}: UTF-8이 아닌 글자가 있어요. UTF-8로 다시 적어 주세요.",
    "serve.running": "{data}: 이 폴더의 서버가 이미 돌고 있거나 아직 끝나는 중이에요. 보기: pyeonji status",
    "serve.socket_folder": (
        "{path}: 다른 사람도 쓸 수 있는 폴더라서 남의 소켓으로 바뀔 수 있어요. 하세요: chmod 755 {path}"
    ),
    "serve.maildrop_folder": ("{path}: 서버를 돌리는 사용자의 폴더여야 해요. 하세요: chown 그 사용자 {path}"),
    "serve.no_place": "{path}: {reason}. 서버를 돌리는 사용자의 폴더를 만들거나, 다른 곳을 쓰세요.",
    "serve.is_a_lab": "{data}: 실습실의 폴더예요. 서버에는 다른 폴더를 쓰세요: pyeonji serve --data 폴더",
    "serve.no_port": "{service}: {port} 번 포트는 없어요. --port-offset 을 더 작게 쓰세요.",
    "serve.data": "편지는 {data} 에 보관해요.  끄기: Ctrl+C",
    "serve.died": "우리 프로세스가 시키지 않았는데 끝났어요({how}). {seconds}초 뒤에 다른 것이 시작해요: {pid}",
    "serve.killed": "끝내라고 한 프로세스가 {seconds}초 안에 끝나지 않아서 강제로 끝내요: {pid}",
    "serve.as_root": "root로 실행되고 있어요. 따로 만든 사용자에게 폴더를 넘겨 주세요 (chown -R 사용자 {data}).",
    "serve.cannot_listen": (
        "{place}: 포트를 열 수 없어요 ({reason})."
        " 이미 켜져 있는지 보거나(pyeonji status) --port-offset 10000 을 쓰세요."
    ),
    "serve.not_our_address": (
        "{place}: 이 컴퓨터에 없는 주소예요 ({reason}). pyeonji.toml의 [listeners]에서 고치세요."
    ),
    "serve.may_not_listen": (
        "{place}: 포트를 열 수 없어요 ({reason}). 1024보다 작은 포트는 systemd가 열어요: pyeonji systemd install."
        " 아니면 다른 포트를 쓰세요."
    ),
    "config.not_used": "{mistakes}\n위의 줄을 고치고 다시 확인하세요: pyeonji config test {path}",
    "lab.is_a_server": "{data}: 진짜 서버의 폴더예요. 실습실에는 다른 폴더를 쓰세요: pyeonji lab --data 폴더",
    "lab.not_running": "{data}: 실습실이 켜져 있지 않아요. 켜기: pyeonji lab",
    "lab.is_no_lab": "{data}: 실습실이 아니라 메일 서버가 돌고 있어요. 실습실 켜기: pyeonji lab --data 다른폴더",
    "lab.runs": "{data}: 실습실이 이미 열려 있어요. 보기: pyeonji lab status",
    "lab.no_time": "{value}: 시간이 아니에요. 30s, 30m, 5d 처럼 쓰세요.",
    "status.ready": "준비됐어요.",
    "status.running": "편지 서버가 돌고 있어요. (프로세스 {pid}, {data})",
    "status.down": "편지 서버가 꺼져 있어요. ({data})  켜기: pyeonji serve",
    "status.queue": "기다림 {waiting}, 건네는 중 {trying}, 멈춤 {held}, 알려야 할 실패 {failed}",
    "status.maildrop": "sendmail이 맡긴 편지 {count}통이 {folder} 에서 서버를 기다려요. 켜기: pyeonji serve",
    "status.quarantined": "sendmail이 둔 파일 {count}개는 편지가 아니라서 옆에 두었어요. 까닭: {folder}/*.reason",
    "status.unread_name": (
        "{folder} 에 편지 이름이 아닌 파일이 {count}개 있어서 아무도 읽지 않아요 (하나는 {first})."
        " 편지의 이름은 .drop으로 끝나요. 살펴보고 다른 곳으로 옮기세요."
    ),
    "status.unread_kind": (
        "{folder} 에 폴더나 링크 따위가 {count}개 있어요 (하나는 {first}). 서버는 따라가지 않아요."
        " 살펴보고 다른 곳으로 옮기세요."
    ),
    "status.unread_unfinished": (
        "{folder} 에 쓰다 만 편지가 {count}통 있어요 (하나는 {first}). 쓰던 프로그램이 도중에 멈췄고,"
        " 맡았다는 대답은 듣지 못했어요. 지워도 돼요."
    ),
    "status.unread_refused": (
        "{folder} 에 읽을 수 없어서 옆에 둔 파일이 {count}개 있어요 (하나는 {first})."
        " 너무 크거나 서버가 열 수 없는 파일이에요. 살펴보고 다른 곳으로 옮기세요."
    ),
    "status.unread_waiting": (
        "{folder} 에 서버가 도는데도 1분 넘게 기다리는 편지가 {count}통 있어요 (하나는 {first})."
        " 저장할 수 없거나, 주소가 아무 데로도 가지 않거나, 도메인이 없어요. 보기: pyeonji domain list"
    ),
    "overview.title": "편지(pyeonji): 여정이 보이는 편지 서버",
    "overview.try": "해 보기",
    "overview.start": "시작하기",
    "overview.see": "보내고 보기",
    "overview.move": "옮기기",
    "overview.run": "돌보기",
    "overview.compatible": "그대로 쓰는 이름: sendmail, mailq, newaliases",
    "overview.more": (
        "모든 명령에 --data 폴더, --lang ko|en, --json, --plain 을 쓸 수 있어요. 자세히: pyeonji 명령 --help"
    ),
    # ── account, domain, alias ──
    "account.no_domain": "{domain}: 여기에 없는 도메인이에요. 먼저 실행하세요: pyeonji domain add {domain}",
    "account.exists": "{address}: 이미 있는 계정이에요. 비밀번호 바꾸기: pyeonji account passwd {address}",
    "account.added": "{address} 계정을 만들었어요.",
    "account.password": "비밀번호: {password}  (다시 보여 주지 않아요)",
    "account.changed": "{address}: 바꾸었어요.",
    "account.disabled": "{address}: 쓰지 못하게 했어요. 되돌리기: pyeonji account enable {address}",
    "account.enabled": "{address}: 다시 쓸 수 있어요.",
    "account.removed": "{address}: 편지와 함께 지웠어요.",
    "account.would_remove": "{address} 의 편지 {used} 바이트도 함께 지워져요. 정말 지우려면 --yes 를 붙이세요.",
    "account.unknown": "{address}: 없는 계정이에요. 있는 것: pyeonji account list",
    "account.no_password": "비밀번호가 오지 않았어요. 표준 입력의 첫 줄에 적으세요.",
    "account.odd_password": "쓸 수 없는 글자가 비밀번호에 있어요. 다른 비밀번호를 쓰세요.",
    "account.no_size": "{value}: 크기가 아니에요. 0(제한 없음)이나 1GiB 처럼 쓰세요.",
    "account.on": "사용 중",
    "account.off": "멈춤",
    "domain.lab": "실습실의 도메인은 정해져 있어요. 다른 도메인은 진짜 서버에서 만드세요: pyeonji serve --data 폴더",
    "domain.exists": "{domain}: 이미 있는 도메인이에요. 보기: pyeonji domain show {domain}",
    "domain.added": "{domain} 도메인의 편지를 받아요. 다음: pyeonji account add 이름@{domain}",
    "domain.unknown": "{domain}: 여기에 없는 도메인이에요. 있는 것: pyeonji domain list",
    "domain.would_remove": "{domain} 도메인의 편지를 더는 받지 않게 돼요. 정말 지우려면 --yes 를 붙이세요.",
    "domain.has_accounts": "{domain}: 계정이 남아 있어요. 먼저 지우세요: pyeonji account remove 주소",
    "domain.catch_all_nobody": "{address}: 이런 주소가 없어요. 먼저 만드세요: pyeonji account add {address}",
    "domain.removed": "{domain} 도메인을 지웠어요.",
    "domain.catch_all_is": "없는 주소의 편지는 여기로 가요: {address}",
    "alias.exists": "{address}: 이미 {target|으로/로} 가요. 보기: pyeonji alias test {address}",
    "alias.added": "{address} → {target}",
    "alias.owner_nobody": ("{owner}: 이런 주소가 없어서 모임의 반송이 사라져요. 만들기: pyeonji account add {owner}"),
    "alias.owner_is_list": (
        "{owner}: {address} 로 되돌아가는 주소라서 반송이 모두에게 가요. 한 사람을 쓰세요: --owner 주소"
    ),
    "alias.bounces_to": "{address}: 반송은 {owner} 에게 가요.",
    "alias.unknown": "{address}: 없는 별칭이에요. 있는 것: pyeonji alias list",
    "alias.removed": "{address}: 별칭을 지웠어요.",
    "alias.step.elsewhere": "{address}: {outcome|은/는} 다른 서버의 도메인이에요.",
    "alias.step.account": "{address}: 여기 있는 계정이에요.",
    "alias.step.alias": "{address}: 별칭이에요. 이어지는 곳: {outcome}",
    "alias.step.list": "{address}: 여럿에게 가는 목록이에요. 받는 사람: {outcome}",
    "alias.step.plus": "{address}: + 뒤를 빼면 {outcome} 의 주소예요.",
    "alias.step.catch_all": "{address}: 이런 주소는 없지만, 이 도메인은 모두 {outcome} 에게 줘요.",
    "alias.step.role": "{address}: 꼭 있어야 하는 주소라서 {outcome} 에게 줘요.",
    "alias.step.nobody": "{address}: 이런 주소는 없어요.",
    "alias.step.loop": "{address}: 이미 셌어요. (빙빙 도는 별칭)",
    "alias.step.too_many": "{address}: 너무 멀리 이어져요. ({outcome})",
    "alias.step.bad_target": "{address}: 이어지는 곳({outcome})이 주소가 아니에요.",
    "alias.ends_here": "→ {account} 의 받은편지함",
    "alias.ends_elsewhere": "→ 다른 서버로 보내요: {address}",
    "alias.ends_badly": "{address} 로 온 편지는 별칭이 바로잡힐 때까지 미뤄요. 고치기: pyeonji alias list",
    "alias.ends_nowhere": "{address} 로 온 편지는 받지 않아요. 만들기: pyeonji account add {address}",
    # ── queue ──
    "queue.empty": "기다리는 편지가 없어요.",
    "queue.unknown": "{id}: 그런 편지가 없어요. 기다리는 것: pyeonji queue list",
    "queue.nothing": "그렇게 할 것이 없어서 아무것도 바꾸지 않았어요. 보기: pyeonji queue list",
    "queue.which": "어느 편지인지 적어 주세요: 접수 번호나 도메인, 또는 --all.",
    "queue.neither": "{value}: 접수 번호도, 기다리는 도메인도 아니에요. 보기: pyeonji queue list",
    "queue.would_cancel": "{count}건을 더는 보내지 않게 돼요. 정말 그만두려면 --yes 를 붙이세요.",
    "queue.done.retry": "{count}건을 지금 다시 보내요.",
    "queue.done.hold": "{count}건을 멈춰 두었어요.",
    "queue.done.release": "{count}건을 다시 보내기로 했어요.",
    "queue.done.cancel": "{count}건을 그만 보내기로 했어요.",
    "queue.state.waiting": "기다림",
    "queue.state.trying": "건네는 중",
    "queue.state.held": "멈춤",
    "queue.state.failed": "실패",
    "queue.state.arrived": "끝, 알릴 차례",
    "queue.state.done": "끝남",
    "queue.state.bounced": "반송함",
    "queue.state.returned": "나중에 돌아옴",
    "queue.state.suppressed": "보내지 않기로 한 주소",
    "queue.state.cancelled": "그만둠",
    # ── send, trace, show, explain, verify, config ──
    "send.taken": "편지 {id|을/를} 받아 두었어요.  여정: pyeonji trace {id}",
    "send.refused": "{address}: 받지 않았어요: {reply}",
    "send.not_taken": "편지를 받지 않았어요: {reply}",
    "send.not_running": "{data}: 서버가 꺼져 있어서 보내지 못했어요. 켜기: pyeonji serve (실습실은 pyeonji lab)",
    "send.unsure": "서버가 대답하지 않아 받았는지 몰라요. 확인하세요: pyeonji trace 받는주소",
    "send.two_letters": "--file은 편지 전체예요. --subject와 --text를 빼거나, --file을 빼세요.",
    "send.no_time": "{value}: 시간이 아니에요. 20s, 5m 처럼 쓰세요.",
    "trace.unknown": (
        "{what}: 그런 편지를 본 적이 없어요. 번호나 주소를 확인하세요. 이 시간에 맡긴 편지가 "
        "없다면, 보내는 앱의 기록을 보세요."
    ),
    "trace.several": "{count}통이 있어요. 하나를 고르세요:",
    "trace.onward": "그다음 {host} 에서 (실습실이라 여기까지 보여요)  {id}",
    "trace.next": "줄마다 보기: pyeonji trace {id} --raw",
    "show.gone": "{id}: 편지의 내용은 지워졌어요. 여정은 남아 있어요: pyeonji trace {id}",
    "explain.no_reply": (
        "{text}: 메일 서버의 대답이 아니에요. '550 5.1.1 No such user' 처럼 쓰거나, 5.7.26 같은 코드를 쓰세요."
    ),
    "explain.no_bounce": "{file}: 거절한 말을 찾지 못했어요. 되돌아온 편지가 맞나요?",
    "explain.all_known": "지난 {since} 동안 온 대답은 모두 설명했어요.",
    "explain.no_use": "다시 보내도 소용없어요",
    "explain.later": "나중에 다시 보내면 돼요",
    "explain.meaning": "무슨 뜻 ",
    "explain.who": "할 사람 ",
    "explain.what": "할 일   ",
    "explain.words": "상대의 말",
    "verify.good": "모두 맞아요.",
    "verify.bad": "맞지 않는 것이 {count}가지 있어요.",
    "config.file_is": "# 설정 파일: {path}",
    "config.from_default": "기본값",
    "config.from_file": "파일에서",
    "config.cannot_set": "{name}: 이렇게 쓸 수 없는 설정이에요. 있는 것: pyeonji config show",
    "config.set": "{name}: {path} 에 적었어요. 켜져 있는 서버에는 다시 켤 때 들어가요.",
    "config.no_file": "{data}: 설정 파일이 없어서 기본값을 써요. 만들기: pyeonji config example",
    "config.certificate": "{path}: {where}: {what}",
    "config.good": "{path}: 틀린 곳이 없어요.",
    "config.example_title": "pyeonji.toml 보기. 바꿀 줄에서 앞의 # 을 지우세요.",
    "config.listeners_doc": "이 묶음을 쓰면 적은 것만 열려요.",
    # ── sendmail ──
    "sendmail.help": (
        "sendmail [-t] [-i] [-f 주소] [-F 이름] [-v] [받는주소 …] < 편지\n"
        "  -t 받는 사람을 To, Cc, Bcc에서 읽어요 (Bcc는 지워요)   -i 점 하나만 있는 줄에서 끝내지 않아요\n"
        "  -bp 기다리는 편지   -bv 어디로 갈지 보기   -bs 표준 입력으로 SMTP   -q 지금 다시 보내기\n"
        "보기:\n  sendmail -t -i < 편지.eml\n  sendmail -f me@example.com you@example.net < 편지.eml\n"
    ),
    "sendmail.unknown_option": "{option}: 모르는 말이에요. 쓰는 법: sendmail --help",
    "sendmail.unknown_mode": "{option}: 없는 방식이에요. -bm -bs -bp -bi -bv 가운데 하나를 쓰세요.",
    "sendmail.daemon": "{option}: 서버는 이렇게 켜지 않아요. 켜기: pyeonji serve",
    "sendmail.bad_notify": "{value}: -N에는 never, 또는 success, failure, delay를 쓰세요.",
    "sendmail.bad_ret": "{value}: -R에는 full이나 hdrs를 쓰세요.",
    "sendmail.missing_value": "{option}: 값이 빠졌어요.",
    "sendmail.control_octets": (
        "봉투의 주소에 줄바꿈이나 NUL이 있어요. 편지를 보내지 않았어요. 부른 프로그램을 고치세요."
    ),
    "sendmail.dash_recipient": "{value}: 받는 주소는 - 로 시작할 수 없어요. 주소를 확인하세요.",
    "sendmail.too_big": "편지가 너무 커요. 파일은 링크로 보내세요.",
    "sendmail.no_recipients": "받는 주소가 없어요. 뒤에 적거나 -t 를 쓰세요.",
    "sendmail.no_recipients_in_header": "To, Cc, Bcc에 받는 주소가 없어요. 하나를 적으세요.",
    "sendmail.too_many": "받는 사람이 {limit}명을 넘어요. 나누어 보내세요.",
    "sendmail.bad_address": "{value}: 주소 모양이 아니에요. 이름@도메인 으로 쓰세요.",
    "sendmail.no_room": "편지를 맡지 못했어요: 서버가 꺼져 있고 {data} 에 쓸 수 없어요 ({reason}). 나중에 다시 하세요.",
    "sendmail.no_domain": (
        "{value}: 도메인 없는 이름에 붙일 도메인이 서버에 없어요. {value}@도메인으로 쓰거나, 하세요: pyeonji domain add"
    ),
    "sendmail.no_such_name": "{address}: 이런 주소가 없어요. 만들기: pyeonji alias add {address} 받을주소",
    "sendmail.denied": (
        "편지를 맡지 못했어요: 이 사용자는 서버에 닿을 수도, {data} 에 쓸 수도 없어요."
        " 관리자가 submission.socket 과 submission.maildrop 을 정해 주세요 (docs/sendmail.md)."
    ),
    "sendmail.dropped": "서버가 꺼져 있어서 편지를 보관해 두었어요. 켜지면 보내요.",
    "sendmail.taken": "편지 {receipt|을/를} 받아 두었어요. 여정: pyeonji trace {receipt}",
    "sendmail.refused": "{address}: 받지 않았어요: {reply}",
    "sendmail.sender_refused": "{address}: 봉투의 보내는 사람(-f)으로 받지 않았어요: {reply}",
    "sendmail.not_taken": "편지를 받지 않았어요: {reply}",
    "sendmail.aliases": "별칭은 언제나 최신이에요. 보기: pyeonji alias list",
    # ── 표의 제목 ──
    "title.hosts": "서버",
    "title.said": "상대의 말 (#은 숫자와 주소)",
    "title.times": "번",
    "title.service": "서비스",
    "title.host": "주소",
    "title.port": "포트",
    "title.tls": "잠금",
    "title.domain": "도메인",
    "title.address": "받는 주소",
    "title.name": "이름",
    "title.used": "쓴 바이트",
    "title.quota": "한도",
    "title.state": "상태",
    "title.accounts": "계정",
    "title.catch_all": "나머지는",
    "title.target": "가는 곳",
    "title.owner": "주인",
    "title.id": "접수 번호",
    "title.next": "다음",
    "title.attempts": "시도",
    "title.from": "보낸 주소",
    "title.subject": "제목",
    # ── 무엇을 적나 ──
    "arg.help": "이 도움말",
    "arg.data": "편지 서버나 실습실의 폴더 (PYEONJI_DATA)",
    "arg.lang": "말 (기본: 이 컴퓨터의 말)",
    "arg.json": "프로그램이 읽을 JSON으로",
    "arg.plain": "색과 그림 없이",
    "arg.port_offset": "모든 포트에 더할 수",
    "arg.config": "설정 파일 (기본: 폴더 안의 pyeonji.toml)",
    "arg.lab_action": "send, break, heal, warp, scene, status 가운데 하나 (없으면 실습실을 열어요)",
    "arg.lab_what": "break: 서버 이름과 고장, heal: 서버 이름, warp: 30m 같은 시간, scene: 장면 이름",
    "arg.once": "첫 장면(또는 고른 장면)만 하고, 모두 맞으면 0으로 끝나요",
    "arg.ending": "게시판 사건의 결말: typo, full, greylist, spf, junk, silent",
    "arg.catch": "받는 주소가 무엇이든 모든 편지를 한곳에 잡아 보여 줘요. 아무 데도 보내지 않아요",
    "arg.reset": "처음부터 (실습실의 편지를 모두 지워요)",
    "arg.from": "보내는 주소",
    "arg.to": "받는 주소 (여러 번 쓸 수 있어요)",
    "arg.cc": "참조",
    "arg.bcc": "숨은 참조",
    "arg.subject": "제목",
    "arg.text": "본문 (- 는 표준 입력)",
    "arg.eml": "보낼 편지 파일 (- 는 표준 입력)",
    "arg.wait": "결과를 기다릴 시간, 20s 처럼",
    "arg.ready": "켜져 있으면 0, 아니면 1로만 답해요",
    "arg.address": "계정이나 별칭의 주소",
    "arg.any_address": "아무 주소나",
    "arg.password_stdin": "비밀번호를 표준 입력의 첫 줄에서 읽어요",
    "arg.person_name": "사람 이름",
    "arg.quota": "우편함 한도, 1GiB 처럼 (0: 제한 없음)",
    "arg.size": "우편함 한도, 1GiB 처럼 (0: 제한 없음)",
    "arg.account_language": "이 사람에게 쓰는 말",
    "arg.yes": "묻지 않고 해요",
    "arg.domain": "도메인 이름",
    "arg.catch_all": "없는 주소의 편지를 받을 주소 (없으면 받지 않아요)",
    "arg.target": "가는 주소",
    "arg.one_target": "이 주소로 가는 것만",
    "arg.owner": "목록의 반송을 받을 주소",
    "arg.state": "이 상태인 것만",
    "arg.id": "접수 번호",
    "arg.ids": "접수 번호나 도메인",
    "arg.all_letters": "기다리는 것 모두",
    "arg.letter": "접수 번호나 Message-ID",
    "arg.anything": "접수 번호, Message-ID, 또는 주소",
    "arg.source": "받은 그대로",
    "arg.raw": "주고받은 줄마다",
    "arg.follow": "끝날 때까지 지켜봐요",
    "arg.recipient": "몇 번째 받는 사람만",
    "arg.as_address": "이 사람이 볼 수 있는 것만",
    "arg.reply": "상대의 대답, 5.7.26 같은 번호, 또는 되돌아온 편지 파일 (- 는 표준 입력)",
    "arg.unexplained": "설명하지 못한 다른 서버의 대답을 보여 줘요",
    "arg.unexplained_since": "--unexplained와 함께: 얼마나 거슬러 볼지, 30d 처럼",
    "arg.phase": "언제 들은 말인지: rcpt, data 같은 것",
    "arg.rebuild": "다시 만들 수 있는 것(개수, 편지에서 뽑아 둔 것)을 먼저 다시 만들기",
    "arg.setting": "queue.give_up_after 같은 설정 이름",
    "arg.setting_value": "값 (여럿이면 목록)",
    "arg.config_file": "확인할 파일",
    "arg.origin": "값이 어디에서 왔는지도",
    # ── 명령마다 한 줄 ──
    "help.overview": "상태와 다음에 할 일",
    "help.serve": "편지 서버를 앞에서 돌려요",
    "help.lab": "이 컴퓨터 안에 작은 인터넷을 열어요",
    "help.status": "서비스, 기다리는 편지, 마지막 실패",
    "help.send": "편지를 써서 보내고, 기다리면 결과를 말해요",
    "help.trace": "편지의 여정: 무슨 일이 있었고, 누가 무엇을 하면 되는지",
    "help.show": "편지를 풀어서 읽어요",
    "help.explain": "거절의 뜻과 할 일 (서버 없이)",
    "help.queue": "보내려고 기다리는 편지",
    "help.queue.list": "기다리는 편지 모두",
    "help.queue.show": "한 편지의 받는 사람 모두",
    "help.queue.retry": "지금 다시 보내요",
    "help.queue.hold": "보내지 않고 멈춰 둬요",
    "help.queue.release": "멈춰 둔 것을 다시 보내요",
    "help.queue.cancel": "그만 보내요",
    "help.account": "여기에서 편지를 받는 사람",
    "help.account.add": "계정을 만들어요",
    "help.account.list": "계정 모두",
    "help.account.passwd": "비밀번호를 바꿔요",
    "help.account.disable": "로그인과 받기를 멈춰요",
    "help.account.enable": "다시 쓰게 해요",
    "help.account.remove": "편지와 함께 지워요",
    "help.domain": "여기에서 편지를 받는 도메인",
    "help.domain.add": "도메인을 더해요",
    "help.domain.list": "도메인 모두",
    "help.domain.show": "한 도메인의 계정과 별칭",
    "help.domain.remove": "도메인을 지워요",
    "help.domain.catch-all": "없는 주소의 편지를 누가 받을지 정해요",
    "help.alias": "다른 주소로 이어지는 주소",
    "help.alias.add": "별칭을 만들어요",
    "help.alias.list": "별칭 모두",
    "help.alias.remove": "별칭을 지워요",
    "help.alias.test": "주소가 어디로 이어지는지 한 걸음씩",
    "help.config": "설정 보기, 바꾸기, 확인하기",
    "help.config.show": "지금 쓰는 설정",
    "help.config.set": "설정 하나를 바꿔요",
    "help.config.test": "설정 파일의 틀린 곳을 모두 찾아요",
    "help.config.example": "모든 설정이 적힌 본보기 파일",
    "help.verify": "저장된 것이 서로 맞는지 모두 확인해요",
}
