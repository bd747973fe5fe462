"""인증서, in Korean."""

TEXTS = {
    "tls.unreadable": "{path}: 인증서나 키를 읽을 수 없어요 ({reason}). 이름과 권한을 확인하세요.",
    "tls.no_certificate": "{path}에 PEM으로 된 인증서가 없어요. 자기 인증서부터 차례로 모두 넣어 주세요.",
    "tls.no_key": "{path}에 비밀번호 없이 PEM으로 된 개인 키가 없어요.",
    "tls.other_key": "{other|은/는} 인증서 {path}의 키가 아니에요. 짝이 맞는 둘을 넣어 주세요.",
    "tls.unusable": "{path}: 이 인증서는 쓸 수 없어요 ({reason}).",
    "tls.expired_already": "{path}: 이 새 인증서는 이미 기한이 지났어요. 기한이 남은 것을 받아 주세요.",
    "tls.stays": "새 인증서를 쓰지 않고 옛것을 그대로 보여 줘요: {reason}",
    "tls.expires": "{names} 인증서의 기한이 {days}일 남았어요.",
    "tls.expired": "{names} 인증서의 기한이 지났어요.",
}
