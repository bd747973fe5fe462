"""`python manage.py pyeonji_trace ID`: what became of a letter."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pyeonji_client.django.settings import client
from pyeonji_client.errors import PyeonjiError


class Command(BaseCommand):
    help = "Shows the journey of a letter."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", help="receipt number, as in message.pyeonji.id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with client() as mail:
                self.stdout.write(mail.journey_text(options["id"]))
        except PyeonjiError as error:
            raise CommandError(str(error)) from error
