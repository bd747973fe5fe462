"""`path("hooks/mail/", include("pyeonji_client.django.urls"))`."""

from django.urls import path

from pyeonji_client.django.views import webhook

app_name = "pyeonji"
urlpatterns = [path("", webhook, name="webhook")]
