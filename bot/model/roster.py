"""Who is who, as a file says it. Each row is a provider, an app or an admin; the columns stand in bot.model.texts.providers.

    类型,服务商编号,应用编号,成员账号,名称,邮箱,上架,可搜索,推荐,状态
    服务商,acme,,,示例科技有限公司,,,,,
    应用,acme,acme-crm,,示例客户管理,,是,是,否,
    管理员,acme,,WangWei,王伟,wang@example.com,,,,在任

Headers and words are taken in English too: type, provider, app, userid, name, mail, listed, searchable, recommended, state; yes and no;
active and left. Two more columns, 企业ID and 应用AgentID (corpid, agentid), are for admins who are not members of this app's corp.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.errors import UserMistake
from bot.model import sheet
from bot.model.provider import MAIL, USERID, Address, Admin, App, Listing, Provider
from bot.model.sheet import Row
from bot.model.texts import providers as texts
from bot.model.texts import sheets as sheet_texts

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CORPID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGENTID = re.compile(r"[0-9]{1,10}")
_ADMIN_NAME_CHARS = 64

# Besides type, provider and name, which every row has.
_CELLS = {
    "provider": frozenset[str](),
    "app": frozenset({"app", "listed", "searchable", "recommended"}),
    "admin": frozenset({"userid", "mail", "state", "corpid", "agentid"}),
}
_FLAGS = ("listed", "searchable", "recommended")


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProvider:
    line: int
    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedApp:
    line: int
    provider: str
    code: str
    name: str
    baseline: Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedAdmin:
    """mail: None where the file has no such column, and then it stays as it is."""

    line: int
    provider: str
    address: Address
    name: str
    mail: str | None
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    providers: tuple[WantedProvider, ...]
    apps: tuple[WantedApp, ...]
    admins: tuple[WantedAdmin, ...]

    def __len__(self) -> int:
        return len(self.providers) + len(self.apps) + len(self.admins)


def read(raw: bytes, corpid: str, agentid: int) -> Roster:
    """The rows of a file (columns: bot.model.texts.providers.COLUMNS).

    corpid, agentid: of admins for whom the file says neither. Raises UserMistake that names every bad line at once.
    """
    read_sheet = sheet.read(raw, texts.COLUMNS)
    found: tuple[list[WantedProvider], list[WantedApp], list[WantedAdmin]] = ([], [], [])
    wrong: list[tuple[int, str]] = []
    for row in read_sheet.rows:
        kind = texts.TYPES.get(_folded(row["type"]))
        mistakes = [texts.BAD_TYPE] if kind is None else list(_mistakes(row, kind))
        wrong += [(row.line, mistake) for mistake in mistakes]
        if mistakes:
            continue
        if kind == "provider":
            found[0].append(WantedProvider(line=row.line, code=row["provider"], name=row["name"]))
        elif kind == "app":
            found[1].append(WantedApp(line=row.line, provider=row["provider"], code=row["app"], name=row["name"], baseline=_baseline(row)))
        else:
            found[2].append(_admin(row, Address(corpid, agentid, row["userid"]), has_mail="mail" in read_sheet.columns))
    wrong += [*_twice((one.line, one.code) for one in found[0]), *_twice((one.line, one.code) for one in found[1]), *_torn(found[2])]
    if wrong:
        raise UserMistake(sheet_texts.mistakes(wrong))
    return Roster(providers=tuple(found[0]), apps=tuple(found[1]), admins=tuple(found[2]))


def rows(providers: Iterable[Provider], apps: Iterable[App], admins: Iterable[Admin]) -> Iterator[Mapping[str, str]]:
    """What is known as rows of such a file; departed admins are left out. Read again, they change nothing."""
    codes = {}
    for provider in providers:
        codes[provider.id] = provider.code
        yield {"type": texts.PROVIDER, "provider": provider.code, "name": provider.name}
    for app in apps:
        flags = {name: texts.YES if getattr(app.baseline, name) else texts.NO for name in _FLAGS}
        yield {"type": texts.APP, "provider": codes[app.provider_id], "app": app.code, "name": app.name, **flags}
    for admin in admins:
        if admin.is_active:
            where = {"corpid": admin.address.corpid, "agentid": str(admin.address.agentid), "userid": admin.address.userid}
            said = {"name": admin.name, "mail": admin.mail, "state": texts.PRESENT}
            yield {"type": texts.ADMIN, "provider": codes[admin.provider_id], **where, **said}


def _mistakes(row: Row, kind: str) -> Iterable[str]:
    """What is wrong with one row taken by itself."""
    yield from (texts.not_here(name, kind) for name, cell in row.cells.items() if cell and name in _OF_SOME and name not in _CELLS[kind])
    has_left = kind == "admin" and texts.LEAVING.get(_folded(row["state"]), False)
    owed = {"provider", "name", *(_CELLS[kind] & {"app", "userid", *_FLAGS})} - ({"name"} if has_left else set())
    yield from (texts.owed(name) for name in texts.TITLES if name in owed and not row[name])
    for name, form in (("provider", _CODE), ("app", _CODE), ("userid", USERID), ("corpid", _CORPID)):
        if row[name] and not form.fullmatch(row[name]):
            yield texts.bad_id(name, row[name])
    if kind == "app":
        yield from _flag_mistakes(row)
    if kind == "admin":
        yield from _admin_mistakes(row)


_OF_SOME = frozenset[str]().union(*_CELLS.values())


def _flag_mistakes(row: Row) -> Iterable[str]:
    bad = [name for name in _FLAGS if row[name] and _folded(row[name]) not in texts.FLAGS]
    yield from (texts.bad_choice(name, (texts.YES, texts.NO)) for name in bad)
    if not bad and all(row[name] for name in _FLAGS):
        baseline = _baseline(row)
        if not baseline.listed and (baseline.searchable or baseline.recommended):
            yield texts.LISTING_TOGETHER


def _admin_mistakes(row: Row) -> Iterable[str]:
    if _folded(row["state"]) not in texts.LEAVING:
        yield texts.bad_choice("state", (texts.PRESENT, texts.LEFT))
    if bool(row["corpid"]) != bool(row["agentid"]):
        yield texts.WHOLE_ADDRESS
    if row["agentid"] and not _AGENTID.fullmatch(row["agentid"]):
        yield texts.BAD_AGENTID
    if row["mail"] and not MAIL.fullmatch(row["mail"]):
        yield texts.BAD_MAIL
    if len(row["name"]) > _ADMIN_NAME_CHARS:
        yield texts.too_long("name", _ADMIN_NAME_CHARS)


def _baseline(row: Row) -> Listing:
    listed, searchable, recommended = (texts.FLAGS[_folded(row[name])] for name in _FLAGS)
    return Listing(listed=listed, searchable=searchable, recommended=recommended)


def _admin(row: Row, here: Address, *, has_mail: bool) -> WantedAdmin:
    return WantedAdmin(
        line=row.line,
        provider=row["provider"],
        address=Address(row["corpid"], int(row["agentid"]), row["userid"]) if row["corpid"] else here,
        name=row["name"],
        mail=row["mail"] if has_mail else None,
        has_left=texts.LEAVING[_folded(row["state"])],
    )


def _twice(named: Iterable[tuple[int, str]]) -> Iterable[tuple[int, str]]:
    first: dict[str, int] = {}
    for line, name in named:
        if first.setdefault(name, line) != line:
            yield line, texts.twice(first[name])


def _torn(wanted: Iterable[WantedAdmin]) -> Iterable[tuple[int, str]]:
    """The same person twice at one provider, or in office at two."""
    at_one: dict[tuple[str, Address], int] = {}
    in_office: dict[Address, WantedAdmin] = {}
    for row in wanted:
        line = at_one.setdefault((row.provider, row.address), row.line)
        other = row if row.has_left else in_office.setdefault(row.address, row)
        if line != row.line:
            yield row.line, texts.twice(line)
        elif other is not row:
            yield row.line, texts.of_two(other.line, other.provider)


def _folded(word: str) -> str:
    return word.lower()
