"""One's own account: where one is signed in, and signing out, here or everywhere."""

from flask import Response, request, url_for

from bot.actions import sign_in
from bot.web.console.desk import Desk, go, number_of
from bot.web.console.guard import STAFF, Guard


class Account:
    """Of whoever reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/account", self.account, may=STAFF)
        guard.add("/sign-out", self.sign_out, may=STAFF, methods=("POST",))
        guard.add("/sign-out-everywhere", self.sign_out_everywhere, may=STAFF, methods=("POST",))

    def account(self) -> Response:
        """Where one is signed in."""
        places = sign_in.places(self._desk.context(), self._desk.me())
        return self._desk.page("console/account.html", places=places, here=self._desk.visit().sign_in.id)

    def sign_out(self) -> Response:
        """In the place that the form names; here, where it names none."""
        here = self._desk.visit().sign_in.id
        place = number_of(request.form.get("place", "")) or here
        sign_in.sign_out(self._desk.context(), self._desk.me(), place)
        return self._out("out") if place == here else go(url_for("console.account"))

    def sign_out_everywhere(self) -> Response:
        """In every browser."""
        sign_in.sign_out_everywhere(self._desk.context(), self._desk.me())
        return self._out("everywhere")

    def _out(self, said: str) -> Response:
        response = go(url_for("console.enter", said=said))
        self._desk.cookies.end(response)
        return response
