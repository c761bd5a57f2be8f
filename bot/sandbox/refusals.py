"""How the stand-in says no: the vendor's numbers (path/90313) with words of our own."""

from collections.abc import Mapping

from bot.errors import BotError

ERRMSG: Mapping[int, str] = {
    -1: "system busy",
    40001: "wrong secret",
    40003: "bad userid",
    40004: "bad media type",
    40006: "bad media size",
    40007: "bad media_id",
    40008: "bad message type",
    40013: "bad corpid",
    40014: "bad access_token",
    40016: "bad number of buttons",
    40017: "bad button type",
    40018: "bad button name length",
    40019: "bad button key length",
    40020: "bad button url length",
    40023: "bad number of sub buttons",
    40029: "bad oauth code",
    40032: "bad list size",
    40056: "bad agentid",
    40058: "bad parameter",
    42001: "access_token expired",
    42014: "bad task_id",
    42022: "oauth code already used",
    43001: "needs GET",
    43002: "needs POST",
    43012: "no callback url is set",
    44004: "empty content",
    45001: "media too large",
    45002: "content too long",
    45009: "api call rate out of limit",
    46003: "no menu",
    47001: "body is not JSON",
    48002: "api not allowed",
    60011: "member out of visible range",
    60111: "no such userid",
    81013: "user, party and tag are all bad",
    82001: "no target",
    82002: "too many parties",
    82003: "too many tags",
    830002: "file too large for one get",
}


class Refused(BotError):
    """The stand-in refuses a call. `answer` may carry more fields, such as the lists beside 81013."""

    def __init__(self, errcode: int, hint: str = "", **answer: object) -> None:
        super().__init__(errcode)
        self.errcode = errcode
        self.answer = {"errcode": errcode, "errmsg": f"{ERRMSG.get(errcode, 'error')}{', ' + hint if hint else ''}", **answer}
