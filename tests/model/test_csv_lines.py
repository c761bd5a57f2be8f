"""Lines that a spreadsheet opens."""

import pytest

from bot.model import csv_lines


@pytest.mark.parametrize("typed", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM"])
def test_nothing_that_somebody_typed_is_calculated(typed):
    assert csv_lines.line([typed]).strip().lstrip('"').startswith("'")


def test_commas_quotes_and_line_breaks_stay_in_their_cell():
    assert csv_lines.line(['一，"二",三', "四\n五", 6]) == '"一，""二"",三","四\n五",6\r\n'
