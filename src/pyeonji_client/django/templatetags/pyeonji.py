"""`{% load pyeonji %}{% journey_badge message_id %}`: one word and a link to the journey."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from pyeonji_client.django.settings import client
from pyeonji_client.errors import PyeonjiError

register = template.Library()
WORDS = {
    "ko": {"✓": "상대 서버가 받았어요", "✕": "전하지 못했어요", "⟳": "보내는 중이에요", "?": "지금은 알 수 없어요"},
    "en": {"✓": "Delivered", "✕": "Not delivered", "⟳": "On its way", "?": "Not known now"},
}


@register.simple_tag
def journey_badge(number: str) -> SafeString:
    """A page is shown also when the mail server does not answer."""
    words = WORDS["ko" if (get_language() or "").startswith("ko") else "en"]
    try:
        with client(timeout=2) as mail:
            outcome = mail.outcome(number)
            mark = "✕" if outcome.failed else "⟳" if outcome.pending else "✓"
            return format_html('<a href="{}/j/{}">{} {}</a>', mail.url, number, mark, words[mark])
    except PyeonjiError:
        return format_html("<span>? {}</span>", words["?"])
