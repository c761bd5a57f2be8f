"""A chat with the bot, as its people see it: what they say and press, and all that comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot import clock as product_clock
from bot.sandbox import World
from tests.platform import Person, Platform, event_of, text_of


@dataclass(frozen=True)
class Heard:
    """now: the passive reply. texts: messages that followed. cards: likewise; textcards among them."""

    now: str
    texts: list[str] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)

    @property
    def all(self) -> str:
        """Every word of it."""
        return "\n".join([self.now, *self.texts, *map(str, self.cards)])

    @property
    def card(self) -> dict[str, Any]:
        """The only card."""
        (card,) = self.cards
        return card

    @property
    def keys(self) -> list[str]:
        """Of the only card's buttons that are pressed; those that open a page have none."""
        return [button["key"] for button in self.card["button_list"] if button.get("key")]

    @property
    def labels(self) -> list[str]:
        return [button["text"] for button in self.card["button_list"]]


class Chat:
    """Says and presses, then lets the worker send."""

    def __init__(self, post: Platform, wecom: World, run_worker: Callable[[], int], clock: product_clock.Frozen) -> None:
        self.post, self.wecom, self.run_worker, self.clock = post, wecom, run_worker, clock

    def say(self, person: Person, words: str) -> Heard:
        return self.send(person, text_of(person, words))

    def press(self, person: Person, key: str, task_id: str = "way-0") -> Heard:
        """Press a button by its key. A press has no passive reply."""
        fields = {"EventKey": key, "TaskId": task_id, "CardType": "button_interaction", "ResponseCode": "code"}
        heard = self.send(person, event_of(person, "template_card_event", **fields))
        assert heard.now == ""
        return heard

    def send(self, person: Person, fields: dict[str, Any]) -> Heard:
        self.clock.tick(seconds=4)  # nobody is over their rate, and no two events of one person are the same
        self.run_worker()
        before = len(self._delivered(person))
        fields["CreateTime"] = int(product_clock.timestamp())
        answered = self.post(fields)
        assert answered.status == 200
        self.run_worker()
        new = self._delivered(person)[before:]
        texts = [one["content"] for one in new if one["msgtype"] == "text"]
        return Heard(answered.text, texts, [one for one in new if one["msgtype"] in ("template_card", "textcard")])

    def _delivered(self, person: Person) -> list[dict[str, Any]]:
        return [one.body for one in self.wecom.delivered(person.userid)] if person.userid in self.wecom.members else []
