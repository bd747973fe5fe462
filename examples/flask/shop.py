"""A shop in one file: an order is confirmed by mail, and the shop hears when the mail cannot be delivered.

flask --app examples/flask/shop.py run -p 8002
"""

import os

from flask import Flask, request

from pyeonji_client import PyeonjiError
from pyeonji_client.flask import PyeonjiMail, failed

app = Flask(__name__)
app.config.update(
    MAIL_DEFAULT_SENDER=os.environ.get("SHOP_FROM", "noreply@board.test"),
    PYEONJI_WEBHOOK_SECRET=os.environ.get("PYEONJI_WEBHOOK_SECRET", ""),
)
mail = PyeonjiMail(app)
unreachable: dict[str, str] = {}  # orders whose mail did not arrive, and why; a real shop has a table for it


@app.get("/")
def form() -> str:
    return '<form method="post" action="/orders"><input name="email" type="email"><button>Order</button></form>'


@app.post("/orders")
def order() -> tuple[str, int]:
    try:
        letter = mail.send(
            to=request.form["email"], subject="주문을 받았어요", text="고맙습니다.", ref="order-1", expires_in="1d"
        )
    except PyeonjiError as error:
        return f"{error}", 502
    return letter.id, 201


@app.get("/orders/<number>")
def shown(number: str) -> str:
    return unreachable.get(number, "ok")


@failed.connect
def tell_the_shop(sender: Flask, event: object) -> None:
    unreachable[event.message] = event.explain("ko")  # type: ignore[attr-defined]
