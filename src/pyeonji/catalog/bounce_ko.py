"""편지를 쓴 사람에게 보내는 소식: 반송, 늦는다는 알림, 건넸다는 알림 (queue/letters)."""

SENTENCES = {
    "bounce.author": "편지 배달",
    "bounce.subject": "전하지 못했어요: {rcpt} (“{subject}”)",
    "bounce.subject.many": "{n}명에게 전하지 못했어요 (“{subject}”)",
    "bounce.opening": "{rcpt} 님께 편지를 전하지 못했어요.",
    "bounce.what": "무슨 일        {what}",
    "bounce.todo": "할 일          {what}",
    "bounce.words": "상대의 말      {reply}",
    "bounce.again": "다시 보내나요  아니요. 더 시도하지 않아요.",
    "bounce.receipt": "접수 번호      {number}",
    "delay.subject": "아직 전하지 못했어요: {rcpt} (“{subject}”)",
    "delay.subject.many": "{n}명에게 아직 전하지 못했어요 (“{subject}”)",
    "delay.opening": "{rcpt} 님께 보낸 편지가 아직 도착하지 못했어요. 다시 보내지 않아도 돼요.",
    "delay.again": "다시 보내나요  네. 다음은 {when}, 늦어도 {last}까지 저절로 시도해요.",
    "delivered.subject": "전했어요: {rcpt} (“{subject}”)",
    "delivered.subject.many": "{n}명에게 전했어요 (“{subject}”)",
    "delivered.opening": "{rcpt} 님께 보낸 편지를 우편함에 넣었어요. 읽었는지는 알 수 없어요.",
    "delivered.list": "{rcpt|은/는} 모임 주소예요. 편지를 모임 사람들에게 나눠 줬고, 그 뒤의 소식은 오지 않아요.",
    "relayed.subject": "건넸어요: {rcpt} (“{subject}”)",
    "relayed.subject.many": "{n}명에게 갈 편지를 건넸어요 (“{subject}”)",
    "relayed.opening": "{rcpt} 님께 갈 편지를 {host|이/가} 받았어요. 그 뒤의 소식은 그 서버가 알려 주지 않아요.",
}
