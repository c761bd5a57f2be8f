from rules.answer import Answer
from rules.crossval import choose
from rules.documents import latest
from rules.evaluate import Question, score

CLAUSES = {clause.id: clause for clause in latest().clauses}
INSIDE = Question("1", "q", ("4.2", "4.1"), "formal", ("整改报告",))
NEAR = Question("2", "q", (), "oos-near")
FAR = Question("3", "q", (), "oos-far")


def quoting(clause_id):
    return Answer("clause", CLAUSES[clause_id])


REFUSED = Answer("refusal")


def test_any_gold_clause_first_is_right():
    assert score([INSIDE], [quoting("4.2")]).top1 == 1
    assert score([INSIDE], [quoting("4.1")]).top1 == 1
    assert score([INSIDE], [quoting("4.1")]).must == 0


def test_refusing_what_is_inside_is_a_miss_but_not_wrong():
    figures = score([INSIDE], [REFUSED])
    assert (figures.top1, figures.wrong) == (0, 0)


def test_a_clause_for_what_is_outside_is_wrong():
    figures = score([INSIDE, NEAR, FAR], [quoting("2.1"), quoting("4.2"), REFUSED])
    assert (figures.refused_near, figures.refused_far) == (0, 1)
    assert figures.wrong == 2 / 3


def test_greetings_count_as_refusals():
    assert score([FAR], [Answer("greeting")]).refused_far == 1


def test_percentiles_are_of_the_times_given():
    figures = score([FAR] * 100, [REFUSED] * 100, [float(number) for number in range(100)])
    assert (figures.p50_ms, figures.p99_ms) == (50, 99)


def test_the_threshold_chosen_parts_answers_from_refusals():
    threshold = choose([INSIDE, NEAR, FAR], [(quoting("4.2"), 0.4), (quoting("4.2"), 0.1), (quoting("2.1"), -0.3)])
    assert 0.1 <= threshold < 0.4
