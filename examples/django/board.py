"""A web board in one file: "I forgot my password", and a page that says what became of the mail.

python examples/django/board.py runserver 8001
"""

import os
import sys

import django
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management import execute_from_command_line
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.html import format_html

settings.configure(
    DEBUG=True,
    SECRET_KEY="only an example",
    ALLOWED_HOSTS=["127.0.0.1", "localhost", "testserver"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["pyeonji_client.django"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    EMAIL_BACKEND="pyeonji_client.django.EmailBackend",
    DEFAULT_FROM_EMAIL=os.environ.get("BOARD_FROM", "noreply@board.test"),
    PYEONJI={"webhook_secret": os.environ.get("PYEONJI_WEBHOOK_SECRET", ""), "expires_in": "15m"},
)
django.setup()

from pyeonji_client import Pyeonji  # noqa: E402
from pyeonji_client.django import delivery  # noqa: E402

FORM = '<form method="post"><label>E-mail <input name="email" type="email"></label> <button>Send</button></form>'
heard: dict[str, str] = {}  # what webhooks said; a real board has a table for it


def reset(request: HttpRequest) -> HttpResponse:
    """Says the same whether there is such an account or not; the number leads to the truth for those who may see it."""
    if request.method != "POST":
        return HttpResponse(FORM)
    message = EmailMessage(
        "비밀번호 찾기", "새 비밀번호를 정하세요: https://board.test/r/1234", to=[request.POST["email"]]
    )
    message.extra_headers["X-Pyeonji-Ref"] = "reset-1"
    message.send()
    return HttpResponse(format_html('<a href="/status/{0}">{0}</a>', message.pyeonji.id))


def status(request: HttpRequest, number: str) -> HttpResponse:
    """The outcome in one sentence, and what to do."""
    with Pyeonji() as mail:
        outcome = mail.wait(number, timeout=float(request.GET.get("wait", 0)))
    if outcome.delivered:
        return HttpResponse("보냈어요. 받은편지함을 보세요.")
    if outcome.pending:
        return HttpResponse(f"아직 보내는 중이에요. {outcome.explain('ko')}")
    return HttpResponse(f"{outcome.explain('ko')} {outcome.action('ko')}")


def told(request: HttpRequest, number: str) -> HttpResponse:
    return HttpResponse(heard.get(number, ""))


@receiver(delivery)
def on_delivery(sender: object, event: object, **kwargs: object) -> None:
    """Django-anymail's names work, too."""
    heard[event.message_id] = event.event_type  # type: ignore[attr-defined]


urlpatterns = [
    path("", reset),
    path("status/<number>", status),
    path("told/<number>", told),
    path("hooks/mail/", include("pyeonji_client.django.urls")),
]

if __name__ == "__main__":
    execute_from_command_line([sys.argv[0], *(sys.argv[1:] or ["runserver", "8001"])])
