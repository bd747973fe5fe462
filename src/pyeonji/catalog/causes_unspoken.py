"""What people ask about although no server refused: nobody's words, our own state."""

from pyeonji.catalog.cause import Cause

CAUSES = (
    Cause(
        "delivered.unseen",
        "recipient",
        "{provider|이/가} 받았어요. 받은편지함인지 스팸함인지는 그쪽만 알아요.",
        "{provider} took it. Whether it shows it in the inbox or in spam, only they know.",
        "스팸함을 찾아보고, 있으면 보낸 주소를 연락처에 넣어 달라고 하세요.",
        "Look in the spam folder. If it is there, ask them to add the writer to their contacts.",
        retry="never",
    ),
    Cause(
        "held.by_us",
        "admin",
        "우리 서버가 이 편지를 멈춰 두었어요.",
        "Our server is holding this message.",
        "왜 멈췄는지 보고 풀거나 취소하세요: pyeonji queue list --held",
        "See why, then release or cancel it: pyeonji queue list --held",
        retry="always",
    ),
    Cause(
        "suppressed",
        "app_developer",
        "보내지 않기로 한 주소라서 보내지 않았어요.",
        "This address is on the do-not-send list, so it was not sent.",
        "왜 올랐는지 보고, 다시 받겠다고 했을 때만 목록에서 빼세요.",
        "See why it was put there. Take it off only if they want mail again.",
        retry="never",
    ),
    Cause(
        "app.never_called",
        "app_developer",
        "이 시간에 이 앱이 맡긴 편지가 없어요.",
        "The app handed us no message at that time.",
        "앱의 기록을 보세요. 마지막으로 맡긴 때는 앱 목록에 있어요.",
        "Look at the app's own log. The app list says when it last called.",
        retry="never",
    ),
)
