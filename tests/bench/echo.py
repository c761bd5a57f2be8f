"""The yardstick: a bare Flask + wechatpy callback as its users write it, which says back what it was told and stores nothing.

Run under gunicorn: `gunicorn -k gthread -w 2 --threads 8 tests.bench.echo:app`.
"""

import os

from flask import Flask, abort, request
from wechatpy.enterprise import create_reply, parse_message
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException
from wechatpy.exceptions import InvalidSignatureException

TOKEN = os.environ.get("WECOM_TOKEN", "")
AES_KEY = os.environ.get("WECOM_AES_KEY", "")
CORPID = os.environ.get("WECOM_CORPID", "")

app = Flask(__name__)


@app.get("/healthz")
def healthz() -> str:
    return "ok"


@app.route("/wecom/callback", methods=["GET", "POST"])
def callback() -> str:
    signature = request.args.get("msg_signature", "")
    timestamp = request.args.get("timestamp", "")
    nonce = request.args.get("nonce", "")
    crypto = WeChatCrypto(TOKEN, AES_KEY, CORPID)
    try:
        if request.method == "GET":
            echo: str = crypto.check_signature(signature, timestamp, nonce, request.args.get("echostr", "")).decode()
            return echo
        xml = crypto.decrypt_message(request.data, signature, timestamp, nonce)
    except (InvalidSignatureException, InvalidCorpIdException):
        abort(403)
    message = parse_message(xml)
    content = message.content if message.type == "text" else message.type
    reply = create_reply(content, message).render()
    answer: str = crypto.encrypt_message(reply, nonce, timestamp)
    return answer
