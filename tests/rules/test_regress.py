import rules
from rules import Overlay, Tie, bank, model, regress
from rules.documents import packaged
from tests.rules.test_book import QUESTIONS


def built(*ties, without=""):
    import dataclasses

    old = packaged()[0]
    kept = tuple(clause for clause in old.document.clauses if clause.lineage != without)
    document = dataclasses.replace(old.document, clauses=kept)
    return rules.build([rules.Edition(document, old.effective_on)], model.load(), None, bank.read(), Overlay(ties))


def test_the_questions_kept_with_the_program_are_those_that_it_is_measured_on():
    assert regress.QUESTIONS.read_bytes() == QUESTIONS.read_bytes()
    asked = regress.questions()
    assert len(asked) >= 150
    assert {lineage for one in asked for lineage in one.lineages} <= {clause.lineage for clause in packaged()[0].document.clauses}


def test_nothing_changes_between_a_book_and_itself():
    outcome = regress.compare(built(), built(), regress.questions())
    assert outcome.lines == ()
    assert outcome.right_before == outcome.right_now > 0.9 * outcome.asked


def test_a_clause_that_goes_is_told_of_as_gone_and_what_hung_on_it():
    outcome = regress.compare(built(), built(without="turnover"), regress.questions())
    assert outcome.count("gone") >= 3
    assert outcome.count("broken") <= 1, "another topic may win now where it was close"
    assert outcome.lines[-1].verdict in ("gone", "other", "mended")
    assert {line.was for line in outcome.lines if line.verdict == "gone"} == {"2.4"}


def test_a_tie_that_takes_a_question_from_its_clause_breaks_it():
    question = regress.Asked("什么是套壳应用", ("shell_app",))
    outcome = regress.compare(built(), built(Tie(question.text, None, "规则没有写到。")), [question])
    assert [(line.verdict, line.was, line.now) for line in outcome.lines] == [("broken", "2.9", "")]
    back = regress.compare(built(Tie(question.text, None, "规则没有写到。")), built(), [question])
    assert [line.verdict for line in back.lines] == ["mended"]


def test_other_words_for_a_tied_question_are_a_change():
    tie, other = Tie("广告费退不退呀", None, "不退。"), Tie("广告费退不退呀", None, "要看公告。")
    outcome = regress.compare(built(tie), built(other), regress.tied([tie]))
    assert [line.verdict for line in outcome.lines] == ["broken"]


def test_what_is_kept_of_it_is_bounded():
    outcome = regress.compare(built(), built(without="turnover"), regress.questions())
    kept = outcome.kept(most_lines=2)
    assert len(kept["lines"]) == 2
    assert kept["gone"] == outcome.count("gone")
