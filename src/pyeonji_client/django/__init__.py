"""Django: an e-mail backend, a webhook that becomes a signal, a badge for templates, a command.

    INSTALLED_APPS = [..., "pyeonji_client.django"]
    EMAIL_BACKEND = "pyeonji_client.django.EmailBackend"
    PYEONJI = {"url": "https://mail.example.org", "key": "pj_live_...", "webhook_secret": "whsec_..."}
    urlpatterns = [..., path("hooks/mail/", include("pyeonji_client.django.urls"))]

Django 6.1 and later: MAILERS = {"default": {"BACKEND": ..., "OPTIONS": {"url": ..., "key": ..., "expires_in": "1d"}}}.
"""

from pyeonji_client.django.backend import EmailBackend
from pyeonji_client.django.signals import delivery

__all__ = ["EmailBackend", "delivery"]
