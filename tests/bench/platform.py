"""WeCom's part of a conversation: people write all the time, each message is delivered until a 200 comes, at most four times."""

import http.client
import itertools
import random
import threading
import time
from dataclasses import dataclass

from bot import clock
from tests.bench import house, traffic

DEADLINE_S, RETRY_GAP_S, DELIVERIES = 5.0, 1.0, 4  # seconds of the sandbox's clock (path/90238)
_PEOPLE = 60
_STOP_S = 20.0
_REPEATED = 0.2  # so many acknowledged messages come once more all the same


@dataclass
class Said:
    """One message or event and what came of it. token: unlike any other's, found again in the inbox and in long replies."""

    token: str
    kind: str
    userid: str
    is_acknowledged: bool = False
    reply: str = ""
    deliveries: int = 0
    repeat_differs: bool = False


class Platform:
    """People who write from several threads at once. `serve_at` and `nowhere` may change while they do where the next delivery goes."""

    def __init__(self, keys: traffic.Keys, seed: int, threads: int, pause_s: float) -> None:
        self._port = 0
        self._is_served = threading.Event()
        self.people = [f"Person.{number}" for number in range(_PEOPLE)]
        self.said: list[Said] = []
        self._keys = keys
        self._pause_s = pause_s
        self._numbers = itertools.count(1)
        self._questions = traffic.development_questions()
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(random.Random(f"{seed} {number}"),), daemon=True) for number in range(threads)
        ]

    def serve_at(self, port: int) -> None:
        """From now on deliveries go to this port."""
        self._port = port
        self._is_served.set()

    def nowhere(self) -> None:
        """The server is gone: deliveries under way fail, further ones wait for the next server."""
        self._is_served.clear()

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what is under way."""
        self._over.set()
        self._is_served.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=_STOP_S)

    def acknowledged(self) -> list[Said]:
        return [said for said in list(self.said) if said.is_acknowledged]

    def _write(self, dice: random.Random) -> None:
        while not self._over.is_set():
            said, xml = self._message(dice)
            self.said.append(said)
            self._deliver(said, xml)
            if said.is_acknowledged and dice.random() < _REPEATED:
                self._repeat(said, xml)
            time.sleep(self._pause_s * dice.random() * 2)

    def _message(self, dice: random.Random) -> tuple[Said, bytes]:
        number = next(self._numbers)
        token = f"T{number}X"
        kind = dice.choices(("long", "question", "enter", "image"), (40, 35, 20, 5))[0]
        said = Said(token, kind, dice.choice(self.people))
        fields: dict[str, object] = {"MsgId": number}
        match kind:
            case "long":
                fields |= {"MsgType": "text", "Content": house.ASKS + token}
            case "question":
                fields |= {"MsgType": "text", "Content": f"{dice.choice(self._questions)} {token}"}
            case "image":
                fields |= {"MsgType": "image", "PicUrl": "http://127.0.0.1/", "MediaId": token}
            case _:
                fields = {"MsgType": "event", "Event": "enter_agent", "EventKey": token}
        return said, traffic.message(self._keys, said.userid, fields, int(clock.timestamp()))

    def _deliver(self, said: Said, xml: bytes) -> None:
        for number in range(DELIVERIES):
            if number:
                clock.sleep(RETRY_GAP_S)
            said.deliveries += 1
            answer = self._post(xml)
            if answer is not None:
                said.reply = self._keys.open_reply(answer)
                said.is_acknowledged = True
                return

    def _repeat(self, said: Said, xml: bytes) -> None:
        """The platform sends once more what was acknowledged. The answer must be the first one's words, or nothing."""
        answer = self._post(xml)
        if answer is not None and self._keys.open_reply(answer) not in (said.reply, ""):
            said.repeat_differs = True

    def _post(self, xml: bytes) -> bytes | None:
        """The body of a 200 within the deadline, else None."""
        self._is_served.wait(60)
        until = time.monotonic() + clock.real_s(DEADLINE_S)
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=clock.real_s(DEADLINE_S))
        sealed = traffic.seal(self._keys, xml)
        try:
            line.request("POST", f"{traffic.PATH}?{sealed.query}", sealed.body, {"Connection": "close"})
            answer = line.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()
        return body if answer.status == 200 and time.monotonic() <= until else None
