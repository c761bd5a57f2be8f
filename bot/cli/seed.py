"""`python -m bot seed`: a made-up platform of full size in an empty database, to try the product with."""

import argparse
import sys
from typing import TYPE_CHECKING

from bot.cli.shared import opened
from bot.errors import UserMistake

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add(commands: "Commands") -> None:
    """Its parser."""
    parser = commands.add_parser("seed", help="在空数据库里生成试用数据（只限连接本机沙盒的环境）")
    for name, default, what in (
        ("cases", 20_000, "案件"),
        ("providers", 5_000, "服务商"),
        ("deliveries", 1_000_000, "发送记录"),
        ("questions", 200_000, "提问"),
    ):
        parser.add_argument(f"--{name}", type=_number, default=default, metavar="数", help=f"{what}数，默认 {default:,}")
    parser.add_argument("--seed", type=int, default=1, metavar="数", help="同一个数在同一时刻生成同样的数据")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from bot.actions import seeding
    from bot.model.texts import seeding as texts
    from config.settings import is_loopback, load

    if not is_loopback(load().wecom_api_base):
        raise UserMistake(texts.NOT_HERE)
    size = seeding.Size(
        providers=arguments.providers, cases=arguments.cases, deliveries=arguments.deliveries, questions=arguments.questions
    )
    with opened() as ctx:
        seeding.fill(ctx, size, arguments.seed, lambda words: print(words, flush=True))
    print(texts.sign_in("staff1"))
    print(texts.sign_in("staff7"))
    sys.stdout.flush()
    return 0


def _number(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise argparse.ArgumentTypeError(text)
    return number
