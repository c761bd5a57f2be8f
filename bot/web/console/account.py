"""One's own account: where one is signed in, and signing out, here or everywhere."""

from flask import Response, request, url_for

from bot.actions import sign_in
from bot.errors import UserMistake
from bot.model.sign_in import LONGEST, SHORTEST
from bot.model.texts import console as texts
from bot.web.console.desk import Desk, go, number_of, way_back
from bot.web.console.guard import STAFF, Guard


class Account:
    """Of whoever reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        guard.add("/account", self.account, may=STAFF)
        guard.add("/account/password", self.password, may=STAFF, methods=("POST",))
        guard.add("/sign-out", self.sign_out, may=STAFF, methods=("POST",))
        guard.add("/sign-out-everywhere", self.sign_out_everywhere, may=STAFF, methods=("POST",))

    def account(self) -> Response:
        """Where one is signed in."""
        return self._page(said=texts.CHANGED if request.args.get("said") == "password" else "")

    def password(self) -> Response:
        """One's own, by the one until now."""
        way_back(url_for("console.account"))
        old, new = request.form.get("old", ""), request.form.get("password", "")
        try:
            if new != request.form.get("again", ""):
                raise UserMistake(texts.NOT_THE_SAME)
            secret = sign_in.change_password(self._desk.context(), self._desk.visit(), old, new, self._desk.browser())
        except UserMistake as error:
            return self._page(wrong=error.say, status=409)
        response = go(url_for("console.account", said="password"))
        self._desk.cookies.begin(response, secret)
        return response

    def _page(self, status: int = 200, **shown: str) -> Response:
        ctx, me = self._desk.context(), self._desk.me()
        has_password = sign_in.has_password(ctx, me)
        lengths = {"shortest": SHORTEST, "longest": LONGEST}
        here = self._desk.visit().sign_in.id
        return self._desk.page(
            "console/account.html", status, places=sign_in.places(ctx, me), here=here, has_password=has_password, **lengths, **shown
        )

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
