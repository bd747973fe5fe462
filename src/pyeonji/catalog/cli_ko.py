"""Korean sentences of the command line and the configuration; the same keys as `cli_en`."""

TEXTS = {
    # ── pyeonji.toml ──
    "config.unreadable": "이 파일을 읽을 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "config.too_long": "이 파일은 1 MiB보다 길어요. 맞는 파일인지 확인하세요.",
    "config.not_utf8": "이 줄은 UTF-8이 아니에요. 파일을 UTF-8로 저장하세요.",
    "config.not_toml": '이 줄을 이해할 수 없어요: "{line_text}". 이름 = 값 으로 쓰고, 글자는 큰따옴표로 감싸세요.',
    "config.unknown_like": "{where}: 없는 설정이에요. 혹시 {guess}인가요?",
    "config.unknown": "{where}: 없는 설정이에요. 여기에 쓸 수 있는 것: {known}.",
    "config.not_a_table": "{where}: 여러 설정을 묶는 이름이에요. 한 줄에 따로 [{where}] 라고 쓰세요.",
    "config.not_a_list": '{where}: "{value}" 은 목록이 아니에요. 대괄호로 쓰세요: ["…", "…"].',
    "config.not_yes_no": '{where}: "{value}" 은 true도 false도 아니에요. 따옴표 없이 true나 false를 쓰세요.',
    "config.not_a_time": '{where}: "{value}" 은 시간이 아니에요. "30s", "5m", "4h", "5d"처럼 숫자와 단위를 쓰세요.',
    "config.not_a_size": '{where}: "{value}" 은 크기가 아니에요. 바이트 수나 "50 MiB" 같은 크기를 쓰세요.',
    "config.not_a_number": '{where}: "{value}" 은 정수가 아니에요. 25처럼 따옴표 없이 쓰세요.',
    "config.out_of_range": "{where}: {value} 은 쓸 수 없는 수예요. {least}부터 {most}까지의 수를 쓰세요.",
    "config.not_text": "{where}: {value} 은 글자가 아니에요. 큰따옴표로 감싸세요.",
    "config.not_a_choice": '{where}: "{value}" 은 쓸 수 없어요. 이 가운데 하나를 쓰세요: {choices}.',
    "config.not_a_network": '{where}: "{value}" 은 네트워크가 아니에요. "192.0.2.0/24"나 "2001:db8::/32"처럼 쓰세요.',
    "config.not_a_nameserver": '{where}: "{value}" 은 이름 서버가 아니에요. "192.0.2.53"처럼 IP 주소를 쓰세요.',
    "config.not_a_name": '{where}: "{value}" 은 서버 이름이 아니에요. "mail.example.com"처럼 쓰세요.',
    "config.not_an_endpoint": '{where}: "{value}" 에서는 기다릴 수 없어요. "0.0.0.0:25"처럼 "IP:포트"로 쓰세요.',
    "config.not_a_port": '{where}: "{value}" 에 쓸 수 있는 포트가 없어요. 1부터 65535까지의 포트를 쓰세요.',
    "config.port_twice": "{where}: {value} 은 이미 {other} 서비스의 것이에요. 서비스마다 다른 포트를 쓰세요.",
    "config.file_unreadable": "{where}: {value} 파일을 읽을 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "config.tls_pair": "tls: 인증서에는 열쇠가 있어야 해요. tls.cert와 tls.key를 둘 다 쓰거나 둘 다 빼세요.",
    "config.login_without_password": "{where}: 비밀번호가 없어요. relay.smart_host_password_file도 쓰세요.",
}
