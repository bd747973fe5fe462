"""DMARC와 그 보고서에 대해 사람에게 하는 말. `dmarc_en`과 열쇠가 같아요."""

from pyeonji.catalog.dmarc_examples import EXAMPLES

TEXTS = EXAMPLES | {
    "help.explain.dmarc": "쓴 사람의 도메인이 이 편지를 보증하는지, 또는 무엇을 바라는지 (DNS에 물어요)",
    "arg.dmarc_what": '편지 파일("-" 는 표준 입력)이나 도메인 이름',
    "arg.dmarc_ip": "편지가 온 주소. 없으면 SPF는 보지 않아요",
    "arg.dmarc_path": "봉투의 보낸 주소 (기본: 편지의 Return-Path)",
    "dmarc.no_ip": "보지 않았어요 (--ip 로 온 주소를 알려 주세요)",
    "dmarc.no_author": "이 편지를 누가 썼는지 정할 수 없어요: {why}.",
    "dmarc.pass": "{domain|이/가} 이 편지를 보증해요: {aligned}.",
    "dmarc.fail": "{domain|이/가} 보냈다는 증거가 없어요: {why}.",
    "dmarc.none": "{domain|은/는} 가짜 편지를 어떻게 할지 정해 두지 않았어요: {why}.",
    "dmarc.temperror": "지금은 알 수 없어요: {why}.",
    "dmarc.permerror": "{domain}의 주인이 레코드를 고쳐야 해요: {why}.",
    "dmarc.record": "{domain}의 레코드: {record}",
    "dmarc.wish.none": "{domain|이라는/라는} 이름만 빌린 편지도 그냥 받아 달라고 해요.",
    "dmarc.wish.quarantine": "{domain|이라는/라는} 이름만 빌린 편지는 스팸함에 넣어 달라고 해요.",
    "dmarc.wish.reject": "{domain|이라는/라는} 이름만 빌린 편지는 받지 말아 달라고 해요.",
    "dmarc.testing": "아직 시험하는 중이라 (t=y) 한 단계 약하게 해요.",
    "dmarc.organization": "{domain|은/는} {organization}에 속해요. 그 아래 어느 이름이 통과해도 돼요.",
    "dmarc.mistake": "알아볼 수 없는 것: {mistake}",
}
