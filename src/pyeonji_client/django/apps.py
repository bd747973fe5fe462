from django.apps import AppConfig


class PyeonjiConfig(AppConfig):
    name = "pyeonji_client.django"
    label = "pyeonji"
    verbose_name = "pyeonji"
