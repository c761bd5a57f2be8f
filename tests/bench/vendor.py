"""The stand-in's control interface, as the figures use it."""

import json
import urllib.request
from typing import Any


class Vendor:
    """The sandbox at a port of this machine."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}/sandbox/api"

    def _ask(self, path: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._address}/{path}", content, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def add(self, userids: list[str]) -> None:
        self._ask("members", {"userids": userids})

    def tune(self, **settings: Any) -> None:
        """Change how it answers: latency_ms, and any figure of its limits."""
        self._ask("settings", settings)

    def set_faults(self, *rules: dict[str, Any]) -> None:
        self._ask("faults", {"rules": list(rules)})

    def members(self) -> dict[str, dict[str, Any]]:
        """Each member's counts, without the messages."""
        members: dict[str, dict[str, Any]] = self._ask("state?messages=0")["members"]
        return members

    def delivered(self, userid: str) -> list[str]:
        """The texts that reached a member, oldest first."""
        member = self._ask(f"state?userid={userid}")["members"][userid]
        return [str(message["body"].get("content", "")) for message in member["messages"]]

    def all_delivered(self) -> dict[str, list[str]]:
        """The texts that reached each member."""
        members = self._ask("state")["members"]
        return {userid: [str(one["body"].get("content", "")) for one in member["messages"]] for userid, member in members.items()}

    def counts(self) -> dict[str, Any]:
        """Calls, errors, and how many identical requests were swallowed and messages dropped."""
        state = self._ask("state?messages=0")
        dropped = sum(member["dropped"] for member in state["members"].values())
        swallowed = state["callbacks"].get("duplicates_swallowed", 0)
        return {"calls": state["calls"], "errors": state["errors"], "dropped": dropped, "swallowed": swallowed}
