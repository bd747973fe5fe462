"""The webhook: a good signature becomes a signal, anything else 400."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from pyeonji_client.django.settings import setting
from pyeonji_client.django.signals import TrackingEvent, delivery
from pyeonji_client.errors import BadSignature
from pyeonji_client.webhook import verify


@csrf_exempt
@require_POST
def webhook(request: HttpRequest) -> HttpResponse:
    """Answered with 2xx only when all receivers are done: else the server tries again."""
    try:
        event = verify(request.headers, request.body, setting("webhook_secret") or "")
    except BadSignature as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    delivery.send(sender=webhook, event=TrackingEvent(event), esp_name="pyeonji")
    return HttpResponse(status=204)
