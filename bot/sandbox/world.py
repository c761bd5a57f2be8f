"""The stand-in's whole state, in memory, and what people in it do."""

import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import clock
from bot.errors import BadSetting, NotFound
from bot.sandbox.callback import Callback
from bot.sandbox.chat import Chat, Item
from bot.sandbox.credentials import Codes, Tokens
from bot.sandbox.exchanges import ExchangeLog, Outcome
from bot.sandbox.faults import Fault, read_rules
from bot.sandbox.media import MediaStore
from bot.sandbox.members import Delivered, Member, cast
from bot.sandbox.menus import MenuFile
from bot.sandbox.outbox import Outbox
from bot.sandbox.quotas import CallQuota, Limits, Window
from bot.sandbox.wire import Wire
from config.settings import Settings, is_loopback

_ITEM_KINDS = ("text", "image", "voice", "video", "location", "link", "file")


class Handle:
    """An exchange under way. `wait` gives its outcome."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._outcome: Outcome | None = None

    def finish(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._done.set()

    def wait(self, timeout_s: float = 60.0) -> Outcome:
        """The outcome, once the bot has answered or the tries are used up. Raises TimeoutError."""
        if not self._done.wait(timeout_s) or self._outcome is None:
            raise TimeoutError("the exchange has not ended")
        return self._outcome


class World:
    """Members, messages, media, tokens, quotas and faults of one corp with one app. Safe from any thread.

    own_url: where the stand-in itself is reached, for PicUrl and OAuth. public_url: the bot's address, "" for no callback URL.
    """

    def __init__(
        self, *, corpid: str, agentid: int, secret: str, token: str, aes_key: str, public_url: str, own_url: str, folder: Path | None = None
    ) -> None:
        if not is_loopback(own_url):
            raise BadSetting(
                [f"SANDBOX_BIND: the sandbox only listens on this machine (127.0.0.1 or ::1), not {urlsplit(own_url).hostname}"]
            )
        self.corpid, self.agentid = corpid, agentid
        self.public_url, self.own_url = public_url, own_url
        self.lock = threading.RLock()
        self.limits = Limits()
        self.latency_ms = 0.0
        self.exchanges = ExchangeLog()
        self.callback = Callback(
            public_url + "/wecom/callback" if public_url else "", Wire(corpid, agentid, token, aes_key), self.exchanges
        )
        self.chat = Chat(folder / "chat.jsonl" if folder else None)
        self.media = MediaStore(folder / "media" if folder else None)
        self.codes = Codes()
        self._secret = secret
        self._busy: Counter[str] = Counter()
        self._ids = itertools.count(int(clock.timestamp() * 1000) << 10)
        self.members = {member.userid: member for member in cast()}
        self._menu = MenuFile(folder / "menu.json" if folder else None)
        self._forget()

    @classmethod
    def from_settings(cls, settings: Settings) -> "World":
        """A world that keeps its chat under DATA_DIR/sandbox. Raises BadSetting for an address that is not this machine."""
        return cls(
            corpid=settings.wecom_corpid,
            agentid=settings.wecom_agentid,
            secret=settings.wecom_secret.get_secret_value(),
            token=settings.wecom_token.get_secret_value(),
            aes_key=settings.wecom_aes_key.get_secret_value(),
            public_url=settings.public_url,
            own_url=f"http://{settings.sandbox_bind}",
            folder=settings.data_dir / "sandbox",
        )

    def _forget(self) -> None:
        self.tokens = Tokens(self.corpid, self._secret)
        self.outbox = Outbox()
        for item in self.chat.all():
            if item.side == "app" and item.msgid:
                self.outbox.restore(item.msgid, item.at, item.userid, item.body, item)
        self.api_quotas: dict[str, CallQuota] = {}
        self.ip_quota = CallQuota()
        self.day_quota = Window(86_400)
        self.faults: list[Fault] = []

    def reset(self, *, keep_chat: bool = False) -> None:
        """As if just started, but with the members added and the menu: messages, tokens, marks, quotas, faults and counts are gone."""
        with self.lock:
            if not keep_chat:
                self.chat.clear()
                self.media.clear()
            self._forget()
            self.exchanges.clear()
            self.limits = Limits()
            self.latency_ms = 0.0
            for member in self.members.values():
                member.forget()
                member.is_refused = member.is_unlicensed = False

    @property
    def menu(self) -> dict[str, Any] | None:
        """The app's menu as menu/create left it: {"button": […]}; None when there is none."""
        return self._menu.menu

    def set_menu(self, menu: dict[str, Any]) -> None:
        with self.lock:
            self._menu.set(menu)
            self.chat.touch()

    # members

    def add_member(self, userid: str, name: str = "", provider: str = "", *, party: int = 1, on_page: bool = False) -> Member:
        """A new member, or the known one of that id."""
        with self.lock:
            return self.members.setdefault(userid, Member(userid, name or userid, provider, party, on_page))

    def member(self, userid: str) -> Member:
        """Raises NotFound."""
        member = self.members.get(userid)
        if member is None:
            raise NotFound(f"no member {userid}")
        return member

    def page_members(self) -> list[Member]:
        return [member for member in self.members.values() if member.on_page]

    def refuse(self, userid: str, *, refused: bool = True) -> None:
        """Take a member out of the app's visible range: message/send names them in invaliduser."""
        self.member(userid).is_refused = refused

    def unlicense(self, userid: str, *, unlicensed: bool = True) -> None:
        """Take a member's licence: message/send names them in unlicenseduser."""
        self.member(userid).is_unlicensed = unlicensed

    def delivered(self, userid: str) -> list[Delivered]:
        """What reached a member through message/send, oldest first; recalled messages too."""
        with self.lock:
            return list(self.member(userid).delivered)

    def dropped(self, userid: str) -> int:
        """How many messages to a member were dropped without an error."""
        return self.member(userid).dropped

    # faults

    def set_faults(self, rules: object) -> None:
        """Replace all fault rules; see faults.py. Raises UserMistake."""
        faults = read_rules(rules)
        with self.lock:
            self.faults = faults

    def strike(self, api: str) -> Fault | None:
        """The fault that this call meets, if any; the first rule that fits counts down."""
        with self.lock:
            return next((fault for fault in self.faults if fault.strikes(api)), None)

    # what people do

    def say(self, userid: str, text: str, *, msgid: str = "") -> Handle:
        """Type a text. It is delivered in the background."""
        return self.send(userid, "text", {"Content": text}, msgid=msgid)

    def send(
        self, userid: str, msgtype: str, fields: Mapping[str, Any], *, msgid: str = "", shown: Mapping[str, Any] | None = None
    ) -> Handle:
        """Send a message of any kind. fields: as in the callback XML (path/90239). shown: what the chat page keeps of it."""
        msgid = msgid or str(next(self._ids))
        body = {"fields": dict(fields), **(shown or {})}
        item = None
        if self.member(userid).on_page and msgtype in _ITEM_KINDS:
            item = self.chat.add(userid, "me", msgtype, body, msgid=msgid, state="sending")
        return self._in_background(userid, msgtype, {"MsgType": msgtype, **fields, "MsgId": int(msgid)}, msgid, item)

    def send_image(self, userid: str, filename: str, content: bytes) -> Handle:
        """Send a picture: stored as a medium, delivered with PicUrl and MediaId. Raises Refused when it is no JPG or PNG."""
        medium = self.media.add("image", filename, content)
        fields = {"PicUrl": f"{self.own_url}/sandbox/pic/{medium.media_id}", "MediaId": medium.media_id}
        return self.send(userid, "image", fields, shown={"media_id": medium.media_id})

    def act(self, userid: str, event: str, fields: Mapping[str, Any] | None = None, *, item: Item | None = None) -> Handle:
        """An event (path/90240): enter_agent, subscribe, click, view, LOCATION, template_card_event … with its own fields."""
        fields = {"MsgType": "event", "Event": event, "EventKey": "", **(fields or {})}
        return self._in_background(userid, f"event {event}", fields, "", item)

    def press(
        self, userid: str, task_id: str, key: str, selected: Mapping[str, list[str]] | None = None, *, from_menu: bool = False
    ) -> Handle:
        """Press a button of a card, or an entry of its top-right menu. Each press brings a fresh ResponseCode. Raises NotFound."""
        with self.lock:
            sent = self.outbox.card_of(userid, task_id)
            code = self.outbox.issue_code(sent.msgid, userid)
        fields: dict[str, Any] = {
            "EventKey": key,
            "TaskId": task_id,
            "CardType": sent.shown_to(userid).get("card_type", ""),
            "ResponseCode": code,
        }
        if selected:
            fields["SelectedItems"] = {
                "SelectedItem": [{"QuestionKey": question, "OptionIds": {"OptionId": list(ids)}} for question, ids in selected.items()]
            }
        item = sent.items.get(userid)
        if item is not None:
            self.chat.change(item, card={**item.card, "busy": key, "failed": False, "selected": dict(selected or {})})
        return self.act(userid, "template_card_menu_event" if from_menu else "template_card_event", fields, item=item)

    def retry(self, item: Item) -> Handle:
        """Send a message of the member once more, as a new message."""
        msgid = str(next(self._ids))
        self.chat.change(item, state="sending", msgid=msgid)
        fields = {"MsgType": item.kind, **item.body["fields"], "MsgId": int(msgid)}
        return self._in_background(item.userid, item.kind, fields, msgid, item)

    def _in_background(self, userid: str, name: str, fields: Mapping[str, Any], msgid: str, item: Item | None) -> Handle:
        self.member(userid)
        exchange = self.exchanges.begin("callback", name, userid=userid, msgid=msgid)
        whole = {
            "ToUserName": self.corpid,
            "FromUserName": userid,
            "CreateTime": int(clock.timestamp()),
            **fields,
            "AgentID": self.agentid,
        }
        if item is not None:
            self.chat.change(item, exchange=exchange.id)
        handle = Handle()
        self._note_busy(userid, 1)

        def run() -> None:
            outcome = self.callback.deliver(exchange, whole)
            self._note_busy(userid, -1)
            self._settle(userid, outcome, item)
            handle.finish(outcome)

        threading.Thread(target=run, name=f"callback-{exchange.id}", daemon=True).start()
        return handle

    def _note_busy(self, userid: str, step: int) -> None:
        with self.lock:
            self._busy[userid] += step
            if self.members[userid].on_page:
                self.chat.touch()

    def busy(self) -> list[str]:
        """Members on the page whose last word the bot is still working on."""
        with self.lock:
            return [userid for userid, running in self._busy.items() if running and self.members[userid].on_page]

    def _settle(self, userid: str, outcome: Outcome, item: Item | None) -> None:
        """Show how an exchange ended: the bubble's mark, the card's button, the passive reply."""
        if item is not None and item.side == "me":
            self.chat.change(item, state="sent" if outcome.acknowledged else "failed")
        elif item is not None:
            rest = {name: value for name, value in item.card.items() if name != "busy"}
            self.chat.change(item, card={**rest, "pressed": item.card.get("busy", ""), "failed": not outcome.acknowledged})
        reply = outcome.reply
        # Cards change through the API only: a passive update_button or update_template_card is recorded and otherwise ignored.
        if reply and reply["msgtype"] in ("text", "image", "voice", "video", "news") and self.member(userid).on_page:
            body = {name: value for name, value in reply.items() if name != "msgtype"}
            self.chat.add(userid, "app", reply["msgtype"], body, exchange=outcome.exchange)
