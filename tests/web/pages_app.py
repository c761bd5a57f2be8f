"""A Flask application behind `Pages` under the product's server: `python -m tests.web.pages_app PORT FOLDER`."""

import os
import sys
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, request, send_file

from bot.web import pages
from config.server import granian
from config.settings import Settings

STALL_S = 1.5
FILE_BYTES = 50 << 20


class Web:
    def __init__(self, application):
        self._pages = pages.Pages(application)

    async def __rsgi__(self, scope, protocol):
        await self._pages(scope, protocol)


def web():
    """What the web process loads."""
    pages.STALL_S = STALL_S
    folder = Path(os.environ["PAGES_FOLDER"])
    (folder / "file.bin").write_bytes(bytes(FILE_BYTES))
    app = Flask(__name__)

    @app.get("/hello")
    def hello():
        return "hello"

    @app.put("/echo/<path:rest>")
    def echo(rest):
        headers, environ = request.headers, request.environ
        told = [request.method, "/echo/" + rest, request.query_string.decode(), headers["Content-Type"], headers["Content-Length"]]
        told += [headers["X-A"], headers["Cookie"], environ["REMOTE_ADDR"], environ["wsgi.url_scheme"], request.get_data(as_text=True)]
        answer = Response("\n".join(told), 201)
        answer.set_cookie("a", "1")
        answer.set_cookie("b", "2")
        return answer

    @app.get("/header")
    def header():
        return request.headers.get("X-Forwarded-For", "none")

    @app.post("/size")
    def size():
        digest, total = sha256(), 0
        while chunk := request.stream.read(1 << 16):
            digest.update(chunk)
            total += len(chunk)
        return f"{total} {digest.hexdigest()}"

    @app.post("/form")
    def form():
        file = request.files["f"]
        return str(file.stream.seek(0, os.SEEK_END))

    @app.post("/refuse")
    def refuse():
        return "no", 403

    @app.get("/file")
    def file():
        return send_file(folder / "file.bin", mimetype="application/octet-stream", conditional=True)

    def broken(environ, start_response):
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("around Flask")
        return app(environ, start_response)

    return Web(broken)


def main() -> None:
    from granian.constants import Interfaces
    from granian.server import Server

    port, os.environ["PAGES_FOLDER"] = sys.argv[1:3]
    settings = Settings.model_construct(bind=f"127.0.0.1:{port}", web_workers=1)
    Server("tests.web.pages_app:web", factory=True, interface=Interfaces.RSGI, **granian(settings)).serve()


if __name__ == "__main__":
    main()
