"""A receiver of the webhook: remembers what it was told, and answers as it is told."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of five, some of eight at once would wait a second for their next attempt


class Hook:
    """`told` = bodies by idempotency key, in order of arrival. `answer`: a status, or "hang"; `delay` in seconds."""

    def __init__(self, home: Path) -> None:
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.refused = 0
        self.answer: int | str = 204
        self.delay = 0.0
        self.secret = home / "hook.key"
        self.secret.write_text("a key of the tests")
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._woken = threading.Event()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settings(self) -> str:
        url = f"http://127.0.0.1:{self._server.server_port}/"
        return f'[sinks.webhook]\nurl = "{url}"\nsecret_file = "{self.secret}"\nseverity = "info"\ntimeout = 2.0\n'

    def close(self) -> None:
        self._woken.set()
        self._server.shutdown()
        self._server.server_close()

    def held(self) -> set[str]:
        """Alerts that a receiver holds open which takes the largest (episode, version) of each."""
        newest: dict[str, tuple[int, int, bool]] = {}
        for bodies in list(self.told.values()):
            alert, over = bodies[0]["alert"], bodies[0]["type"] == "alert.resolve"
            place = (alert["episode"], alert["version"], not over)
            newest[alert["id"]] = max(place, newest.get(alert["id"], place))
        return {id for id, (_, _, held) in newest.items() if held}

    def take(self, key: str, body: dict[str, Any]) -> int | None:
        """The status to answer with; None = no answer at all."""
        if self.answer == "hang":
            self._woken.wait(10)
            return None
        time.sleep(self.delay)
        if self.answer != 204:
            self.refused += 1
        else:
            self.told.setdefault(key, []).append(body)
        return int(self.answer)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = hook.take(self.headers["webhook-id"], body)
                if status is not None:
                    self.send_response(status)
                    self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
