"""What the system says when it cannot do something, in Korean; in English it is said as the system says it."""

KO = {
    "Permission denied": "권한이 없어요",
    "Operation not permitted": "허락되지 않아요",
    "No such file or directory": "그런 파일이나 폴더가 없어요",
    "File exists": "같은 이름이 이미 있어요",
    "Not a directory": "폴더가 아니에요",
    "Is a directory": "폴더예요",
    "Address already in use": "다른 프로그램이 이미 쓰고 있어요",
    "Cannot assign requested address": "이 컴퓨터의 주소가 아니에요",
    "No space left on device": "디스크가 가득 찼어요",
    "Disk quota exceeded": "디스크 한도를 넘었어요",
    "Read-only file system": "읽기만 되는 디스크예요",
    "Input/output error": "디스크가 고장 났어요",
    "Too many open files": "열어 둔 파일이 너무 많아요",
    "Connection refused": "연결을 받지 않아요",
    "Connection reset by peer": "상대가 연결을 끊었어요",
    "Network is unreachable": "그 네트워크에 갈 길이 없어요",
    "No route to host": "그 컴퓨터에 갈 길이 없어요",
    "timed out": "시간 안에 대답이 없어요",
    "not an mbox file": "mbox 파일이 아니에요",
}


def reason(language: str, words: str) -> str:
    """The system's words in the reader's language, as far as we know them."""
    return KO.get(words, words) if language == "ko" else words
