"""Finding clauses: how well, how fast, how soon after the start, and in how much memory."""

import http.client
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import rules
from bot.model.texts import answers
from tests.bench import common, traffic
from tests.bench.common import QUESTIONS, ROOT, Run, emit, median, percentile

_DISTINCT = {False: 600, True: 300}
_LONG = {False: 6, True: 2}
_STARTS = {False: 5, True: 3}
_LONG_CHARS = 10_000
_MEMORY_QUESTIONS = 500


def run(run: Run) -> bool:
    """All figures of this kind. Latency comes first, in a process that has done nothing else."""
    book = rules.load()
    book.warm()
    fine = _latency(run, book) & _longest(run, book) & _quotes(run, book)
    fine &= _start_up(run) & _memory(run)
    return _evaluation(run, "auto", "evaluation") & _evaluation(run, "off", "evaluation_without_encoder") & fine


def _timed(book: rules.Book, question: str) -> float:
    """Milliseconds to a worded answer."""
    began = time.perf_counter()
    answers.word(book.ask(question), book)
    return (time.perf_counter() - began) * 1000


def _latency(run: Run, book: rules.Book) -> bool:
    times = [_timed(book, question) for question in traffic.distinct_questions(_DISTINCT[run.sample], run.seed)]
    p50, p99 = percentile(times, 0.5), percentile(times, 0.99)
    details = {"p99_ms": round(p99, 2), "worst_ms": round(max(times), 2), "questions": len(times)}
    bar = "p50 <= 40 and p99 <= 100 ms, all distinct"
    return emit("question_ms", p50, bar, reached=p50 <= 40 and p99 <= 100, seed=run.seed, **details)


def _long_inputs(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Kinds of 10 000 characters, each a way to be slow."""
    questions = traffic.development_questions()
    phrases = traffic.bank_phrases()

    def of(make: Callable[[], str]) -> str:
        pieces: list[str] = []
        while sum(map(len, pieces)) < _LONG_CHARS:
            pieces.append(make())
        return "".join(pieces)[:_LONG_CHARS]

    yield "questions in a row", of(lambda: dice.choice(questions))
    yield "sentences of the bank", of(lambda: dice.choice(phrases) + "。")
    yield "one character", dice.choice("规则a1😀") * _LONG_CHARS
    yield "rare characters", of(lambda: chr(dice.randint(0x20000, 0x2A6DF)))
    yield "common characters", of(lambda: chr(dice.randint(0x4E00, 0x9FFF)))
    yield "traditional characters", of(lambda: dice.choice("應用程式違規處理軟體資訊"))
    yield "latin words", of(lambda: dice.choice(("delist ", "recover ", "app ", "clause ")))
    yield "letters without a gap", of(lambda: dice.choice("abcdefghijklmnopqrstuvwxyz"))
    yield "digits", of(lambda: str(dice.randrange(10)))
    yield "marks", of(lambda: dice.choice("，。！？…、；："))
    yield "sentence ends", "应。" * (_LONG_CHARS // 2)
    yield "emoji joined", "👨‍👩‍👧" * (_LONG_CHARS // 5)
    yield "combining marks", "e" + "\u0301" * (_LONG_CHARS - 1)
    yield "ligatures that unfold", "\ufdfa" * _LONG_CHARS
    yield "right to left", of(lambda: chr(dice.randint(0x5D0, 0x5EA)))
    yield "control characters", of(lambda: chr(dice.randrange(1, 32)))
    yield "line breaks", "怎么恢复\n" * (_LONG_CHARS // 5)
    yield "lone surrogates", "\ud83d" * _LONG_CHARS
    yield "blank space", " \u3000" * (_LONG_CHARS // 2)
    yield "one hundred and twenty rare", of(lambda: chr(dice.randint(0x20000, 0x2A6DF)))[:120]


def _longest(run: Run, book: rules.Book) -> bool:
    dice = random.Random(run.seed)
    worst: dict[str, float] = {}
    for _ in range(_LONG[run.sample]):
        for kind, text in _long_inputs(dice):
            worst[kind] = max(worst.get(kind, 0.0), _timed(book, text))
    slowest = max(worst, key=lambda kind: worst[kind])
    top = {kind: round(ms, 1) for kind, ms in sorted(worst.items(), key=lambda pair: -pair[1])[:5]}
    bar = "<= 200 ms, any input, 10 000 characters too"
    return emit("longest_input_ms", worst[slowest], bar, reached=worst[slowest] <= 200, seed=run.seed, slowest=top, kinds=len(worst))


def _plain_source(book: rules.Book) -> str:
    """The published text with its markdown marks removed, by an expression of our own."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", book.document.source.replace("**", ""))


def _quotes(run: Run, book: rules.Book) -> bool:
    """Every clause quoted, whether asked for by question or by id, stands in the source as it is quoted, byte for byte."""
    source = _plain_source(book).encode()
    replies = [answers.clause_text(clause, book) for clause in book.clauses]
    dice = random.Random(run.seed)
    asked = traffic.development_questions() + dice.sample(traffic.bank_phrases(), 200 if run.sample else 1_500)
    found = [(book.ask(question), question) for question in asked]
    replies += [answers.word(answer, book) for answer, _ in found if answer.clause]
    by_clause = {clause.text.encode() for clause in book.clauses}
    wrong = sum(not _is_quoted(reply, by_clause, source) for reply in replies)
    share = 1 - wrong / len(replies)
    clauses = len({answer.clause.id for answer, _ in found if answer.clause})
    return emit("quotes", share, "= 1, byte-equal to the source", reached=not wrong, seed=run.seed, replies=len(replies), clauses=clauses)


def _is_quoted(reply: str, clauses: set[bytes], source: bytes) -> bool:
    quoted = reply[reply.index("「") + 1 :].encode()
    whole = [clause for clause in clauses if quoted.startswith(clause + "」".encode())]
    return bool(whole) and max(whole, key=len) in source


def _start_up(run: Run) -> bool:
    """From the start of `python -m bot serve` on an empty folder to its first answer to a callback."""
    times = []
    for _ in range(_STARTS[run.sample]):
        with common.work_folder() as folder:
            port = common.free_port()
            environment = common.bot_environment(folder, port, common.free_port())
            keys = traffic.Keys.of(environment)
            began = time.perf_counter()
            server = common.bot("serve", environment, folder, port)
            try:
                while not _answers(port, keys, 1):
                    if time.perf_counter() - began > 60:
                        raise RuntimeError("the server gave no answer within a minute")
                    time.sleep(0.01)
                times.append(time.perf_counter() - began)
            finally:
                server.stop()
    value = median(times)
    return emit(
        "start_up_s", value, "<= 4 s to the first answer", reached=value <= 4, seed=run.seed, all_s=[round(one, 2) for one in times]
    )


def _answers(port: int, keys: traffic.Keys, msgid: int, question: str = "应用下架后怎么恢复") -> bool:
    """Whether a question gets a worded reply."""
    sealed = traffic.seal(keys, traffic.text(keys, f"answers{msgid}", question, msgid))
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request("POST", f"{traffic.PATH}?{sealed.query}", sealed.body)
        answer = line.getresponse()
        return answer.status == 200 and bool(keys.open_reply(answer.read()))
    except ConnectionError:
        return False
    finally:
        line.close()


def _memory(run: Run) -> bool:
    """Resident memory of one web process after 500 questions, no two alike."""
    with common.work_folder() as folder:
        port = common.free_port()
        environment = common.bot_environment(folder, port, common.free_port(), WEB_WORKERS="1")
        keys = traffic.Keys.of(environment)
        server = common.bot("serve", environment, folder, port)
        try:
            common.wait_until_up(server, "/readyz", 1)
            asked = traffic.distinct_questions(_MEMORY_QUESTIONS, run.seed + 7)
            unanswered = sum(not _answers(port, keys, number + 1, question) for number, question in enumerate(asked))
            used = common.memory_mib(server.children()[0])
        finally:
            server.stop()
    pss = round(used["pss"], 1)
    reached = used["rss"] <= 450 and not unanswered
    return emit(
        "memory_mib", used["rss"], "<= 450 MiB resident, one web process", reached=reached, seed=run.seed, pss_mib=pss, asked=len(asked)
    )


def _evaluation(run: Run, encoder: str, name: str) -> bool:
    """The development set. The held-out figures count; without the encoder they are for information."""
    held_out, shipped = _evaluate(encoder, "--cv"), _evaluate(encoder)
    inside = {kind: share for kind, share in held_out["by_kind"].items() if not kind.startswith("oos")}
    worst = min(inside, key=lambda kind: inside[kind])
    reached = (
        held_out["top1"] >= 0.88
        and inside[worst] >= 0.75
        and held_out["refused_near"] >= 0.75
        and held_out["refused_far"] >= 0.95
        and held_out["wrong"] <= 0.10
    )
    bar = "held out: first >= 0.88, every kind >= 0.75, near refused >= 0.75, far >= 0.95, wrong <= 0.10"
    shown = {key: value for key, value in held_out.items() if key not in ("p50_ms", "p99_ms")}
    verdict = None if encoder == "off" else reached
    return emit(name, held_out["top1"], bar, reached=verdict, seed=run.seed, worst_kind=worst, held_out=shown, as_shipped=shipped)


def _evaluate(encoder: str, *more: str) -> dict[str, object]:
    command = [sys.executable, "-m", "rules", "evaluate", str(QUESTIONS), "--json", "--encoder", encoder, *more]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    figures: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return figures
