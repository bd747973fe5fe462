"""One reason why mail is not taken: a sentence, who must act and what to do, in both languages."""

from dataclasses import dataclass
from typing import Literal

Actor = Literal["nobody", "writer", "app_developer", "admin", "dns_owner", "recipient", "recipient_admin"]
Retry = Literal["by_code", "always", "never"]


@dataclass(frozen=True, slots=True)
class Cause:
    """`actor` is who must do `action`; with "nobody", `action` says what happens by itself.

    `retry` says who decides: the first digit of their reply, or we ourselves.  `at_last` is who must act once nothing
    happens by itself any more; "" stands for `actor`, and for the writer where `actor` is nobody.
    """

    key: str
    actor: Actor
    ko: str
    en: str
    action_ko: str
    action_en: str
    retry: Retry = "by_code"
    at_last: Actor | Literal[""] = ""

    @property
    def anchor(self) -> str:
        """Where docs/causes.md tells of it."""
        return f"docs/causes.md#{self.key.replace('.', '')}"

    def who(self, *, permanent: bool) -> Actor:
        """Who must act, when it will be tried again or (`permanent`) not."""
        if not permanent:
            return self.actor
        return self.at_last or ("writer" if self.actor == "nobody" else self.actor)

    def advice(self, *, permanent: bool) -> str:
        """The key of what they should do: where waiting was the advice and is over, another way."""
        over = permanent and self.actor == "nobody" and not self.at_last
        return "action.queue.expired" if over else f"action.{self.key}"
