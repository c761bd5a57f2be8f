"""Our own staff's accounts, for owners: who there is, what they may do, and how somebody new gets in."""

from collections.abc import Callable

from flask import Response, request, url_for

from bot.actions import operators as accounts
from bot.actions import sign_in
from bot.actions.operators import Person
from bot.errors import Stale, UserMistake
from bot.model.operator import Operator, Role
from bot.model.provider import Address
from bot.model.texts import console_staff as texts
from bot.store import operators
from bot.web.console.desk import Desk, go, names, number_of, way_back
from bot.web.console.guard import Guard

_CHARS = 300


class Staff:
    """The list, and what is done about one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, guard: Guard) -> None:
        """Its addresses."""
        owners = (Role.OWNER,)
        guard.add("/settings/staff", self.staff, may=owners)
        guard.add("/settings/staff", self.staff_add, may=owners, methods=("POST",))
        guard.add("/settings/staff/of/<login>", self.staff_change, may=owners, methods=("POST",))
        guard.add("/settings/staff/of/<login>/state", self.staff_move, may=owners, methods=("POST",))
        guard.add("/settings/staff/of/<login>/link", self.staff_link, may=owners, methods=("POST",))

    def staff(self) -> Response:
        """Everybody, those too who may no longer act."""
        return self._page(said=texts.SAID.get(request.args.get("said", ""), ""))

    def staff_add(self) -> Response:
        """Somebody new."""
        return self._done("added", "", lambda: accounts.add(self._desk.context(), self._desk.me(), _typed("login"), self._person()))

    def staff_change(self, login: str) -> Response:
        """Name, mail, what they may do, and who they are in WeCom."""
        of = names(login), number_of(request.form.get("version", ""))
        return self._done("changed", login, lambda: accounts.change(self._desk.context(), self._desk.me(), *of, self._person()))

    def staff_move(self, login: str) -> Response:
        """Let somebody act again, or no longer."""
        of = names(login), number_of(request.form.get("version", ""))
        is_back = request.form.get("state") == "active"
        move = accounts.enable if is_back else accounts.disable
        return self._done("enabled" if is_back else "disabled", login, lambda: move(self._desk.context(), self._desk.me(), *of))

    def staff_link(self, login: str) -> Response:
        """A link that signs them in once, shown this one time: only its digest is kept."""
        way_back(url_for("console.staff"))
        try:
            secret = sign_in.make_link(self._desk.context(), self._desk.me(), names(login))
        except UserMistake as error:
            return self._page(409, wrong=error.say)
        return self._page(link=f"{self._desk.settings.console}/links/{secret}", link_of=login)

    def _done(self, said: str, login: str, act: Callable[[], Operator]) -> Response:
        way_back(url_for("console.staff"))
        try:
            done = act()
        except UserMistake as error:
            return self._page(409, wrong=error.say, typed_of=login, typed=_all_typed())
        except Stale:
            return self._page(409, wrong=texts.STALE, typed_of=login, typed=_all_typed())
        has_left = done.id == self._desk.me().id and not done.may(Role.OWNER)
        return go(url_for("console.settings") if has_left else url_for("console.staff", said=said))

    def _person(self) -> Person:
        settings, userid = self._desk.settings, _typed("userid")
        return Person(
            name=_typed("name"),
            mail=_typed("mail"),
            roles=frozenset(role for role in Role if role in request.form.getlist("roles")),
            address=Address(settings.wecom_corpid, settings.wecom_agentid, userid) if userid else None,
        )

    def _page(self, status: int = 200, **shown: object) -> Response:
        with self._desk.context().read() as connection:
            everybody = operators.everyone(connection)
        return self._desk.page("console/staff.html", status, everybody=everybody, roles=list(Role), **shown)


def _typed(name: str) -> str:
    return request.form.get(name, "")[:_CHARS].strip()


def _all_typed() -> dict[str, object]:
    return {**{name: _typed(name) for name in ("login", "name", "mail", "userid")}, "roles": request.form.getlist("roles")}
