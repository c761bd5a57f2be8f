"""A provider asks in WeCom and gets the clause: stand-in, web server and worker as they run for real."""

import json
import signal
import urllib.request

import pytest

from bot.delivery import outbox
from bot.model.delivery import Priority
from bot.model.reply import Outgoing
from bot.sandbox import Server, World, create_app
from bot.store.database import Database
from bot.tasks import Queue
from tests.conftest import AGENTID, CORPID, letters
from tests.flows.processes import environment, eventually, fetch, free_port, running, wait_for


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """(world, address of the bot, its processes) while a server and a worker run on one SQLite file."""
    folder, bind = tmp_path_factory.mktemp("talk"), f"127.0.0.1:{free_port()}"
    keys = {"secret": letters(43), "token": letters(20), "aes_key": letters(43)}
    world = World(
        corpid=CORPID,
        agentid=AGENTID,
        secret=keys["secret"],
        token=keys["token"],
        aes_key=keys["aes_key"],
        public_url=f"http://{bind}",
        own_url="http://127.0.0.1:1",
    )
    world.callback.retry_gap_s = 0.2
    server = Server(create_app(world), "127.0.0.1", 0).start()
    env = environment(
        WECOM_CORPID=CORPID,
        WECOM_AGENTID=str(AGENTID),
        **{f"WECOM_{name.upper()}": value for name, value in keys.items()},
        WECOM_API_BASE=f"http://127.0.0.1:{server.port}",
        SECRET_KEY=letters(48),
        PUBLIC_URL=f"http://{bind}",
        BIND=bind,
        DATA_DIR=str(folder),
        ENV_FILE="/dev/null",
        SENDER_LIMIT_PER_MINUTE="1000",
    )
    with running("serve", env=env, cwd=folder) as serve, running("worker", env=env, cwd=folder) as worker:
        wait_for(f"http://{bind}/readyz", serve)
        yield world, f"http://{bind}", {"serve": serve, "worker": worker}, env
    server.stop()


def test_the_console_accepts_the_address(talk):
    assert talk[0].callback.verify() == (True, "")


def test_a_question_is_answered_with_the_clause_at_the_first_try(talk, book):
    outcome = talk[0].say("WangWei", "应用被取消推荐后怎么恢复").wait()
    assert (outcome.acknowledged, len(outcome.tries)) == (True, 1)
    assert f"「{book.clause('4.2').text}」" in outcome.text
    assert book.url in outcome.text


def test_many_people_ask_at_once_and_each_gets_their_own_answer(talk, book):
    asked = [(userid, clause) for clause in book.clauses for userid in ("WangWei", "li.na", "ZhaoMin")]
    handles = [(talk[0].say(userid, clause.id), clause) for userid, clause in asked]
    for handle, clause in handles:
        assert clause.text in handle.wait().text


def enqueue(env, content):
    database = Database(f"sqlite:///{env['DATA_DIR']}/bot.db")
    with database.write() as tx:
        batch_id = outbox.enqueue(tx, CORPID, AGENTID, ["chenmo"], Outgoing("text", {"content": content}), Priority.CHAT)
    database.dispose()
    return batch_id


def has(world, content):
    return any(one.body["content"].startswith(content) for one in world.delivered("chenmo"))


def test_what_is_put_on_its_way_is_sent_by_the_worker(talk):
    world, _, _, env = talk
    batch_id = enqueue(env, "叫醒的通知")
    Queue(f"sqlite:///{env['DATA_DIR']}/queue.db").wake(batch_id)
    eventually(lambda: has(world, "叫醒的通知"))


def test_a_wake_that_was_lost_is_made_up_for(talk):
    world, _, _, env = talk
    enqueue(env, "没有叫醒的通知")
    eventually(lambda: has(world, "没有叫醒的通知"))


def test_a_repeated_delivery_gets_the_same_reply_from_either_process(talk):
    first = talk[0].say("li.na", "什么是套壳应用", msgid="4242424242").wait().text
    assert {talk[0].say("li.na", "什么是套壳应用", msgid="4242424242").wait().text for _ in range(8)} == {first}


def test_a_picture_gets_a_polite_word(talk):
    outcome = talk[0].send("WangWei", "image", {"PicUrl": "http://127.0.0.1/p", "MediaId": "m"}).wait()
    assert "文字" in outcome.text


def test_health_readiness_and_metrics_of_all_processes(talk):
    world, address, processes, _ = talk
    assert fetch(f"{address}/healthz") == (200, "ok\n")
    wait_for(f"{address}/readyz", processes["serve"])
    assert "database: ok" in fetch(f"{address}/readyz")[1]
    assert world.say("WangWei", "4.1").wait().acknowledged
    eventually(lambda: replies(address) >= 1)  # they are counted a few times a second
    assert "bot_queue_age_seconds" in fetch(f"{address}/metrics")[1]


def replies(address):
    """Callbacks answered with a reply, as /metrics counts them over all processes."""
    status, text = fetch(f"{address}/metrics")
    assert status == 200, text
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith('bot_callbacks_total{outcome="replied"}'))


def test_a_body_in_chunks_is_refused_by_the_real_server(talk):
    request = urllib.request.Request(
        f"{talk[1]}/wecom/callback", data=iter([b"<xml>", b"</xml>"]), headers={"Transfer-Encoding": "chunked"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 411


def test_logs_are_json_without_what_people_say_and_both_stop_when_told(talk):
    """Runs last: it stops the processes."""
    world, _, processes, env = talk
    world.say("WangWei", "这是一句不该出现在日志里的话").wait()
    for name, process in processes.items():
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, name
        said = process.stdout.read()
        assert not any(word in said for word in ("不该出现", "WangWei", env["WECOM_TOKEN"], env["WECOM_SECRET"], "access_token="))
        assert "Traceback" not in said
        for line in said.splitlines():
            if line.startswith("{"):
                assert json.loads(line)["level"] not in ("error", "critical"), line
