"""한국어 문장, 나가는 길에서 무엇을 증명해야 하는지; `transport_en`과 같은 이름들."""

TEXTS = {
    "help.explain.tls": "한 도메인의 서버가 편지를 받으려면 무엇을 증명해야 하는지 (DNS에 물어요)",
    "transport.nowhere": "보낼 서버를 정할 수 없어요: {why}.",
    "transport.no_dane": "여기서는 DANE를 쓸 수 없어요. 이 컴퓨터 안의 리졸버도, DNSSEC을 확인한다고 정해 둔 리졸버도"
    " 없어요(dns.validating).",
    "transport.no_policy": "{domain|은/는} 약속(MTA-STS)을 알리지 않았어요.",
    "transport.policy": "{domain}의 약속(MTA-STS): {mode}, 서버 {hosts}, {days}일 동안 간직해요.",
    "transport.broken_policy": "{domain}의 약속(MTA-STS)이 있다는데 가져올 수 없어요: {why}.",
    "transport.refused": "이 서버에는 아무것도 보내지 않아요: {why}.",
    "transport.tested": "약속이 힘을 얻으면 이 서버에는 보내지 않게 돼요: {why}.",
}
