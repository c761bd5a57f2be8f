import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.catalogue import (
    GROUNDS,
    POWERS,
    Measure,
    MeasureNotGiven,
    NotGiven,
    OnlyOneOf,
    PowerNotOpen,
    UnknownGround,
    UnknownPower,
    WrongSubject,
    check,
    power,
    remains,
)
from rules.documents import latest

CLAUSES = {clause.id: clause for clause in latest().clauses}
APP_MEASURES = [Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH, Measure.DELIST]
MEASURES = st.lists(st.sampled_from(Measure))
BASELINES = st.tuples(st.booleans(), st.booleans(), st.booleans())

# Everything the rules give, written out once more by hand: (ground, power, measures, subject).
GIVEN = {
    *((ground, "3.1", measure, "app") for ground in ("2.9", "2.10", "5.1", "row:x") for measure in APP_MEASURES),
    ("4.4", "4.4", Measure.PERMANENT_DELIST, "provider"),
    *(
        ("5.2", "5.2", measure, subject)
        for measure in (Measure.SUSPEND_SERVICE, Measure.TERMINATE_SERVICE)
        for subject in ("app", "provider")
    ),
}


@pytest.mark.parametrize("entry", [*GROUNDS.values(), *POWERS.values()], ids=lambda entry: f"{type(entry).__name__} {entry.clause}")
def test_every_title_stands_in_its_clause_and_the_clause_is_the_one_meant(entry):
    clause = CLAUSES[entry.clause]
    assert clause.lineage == entry.lineage
    assert entry.title in clause.text


@pytest.mark.parametrize("measure", Measure)
def test_every_measure_is_given_by_exactly_one_clause_in_these_words(measure):
    giving = [power for power in POWERS.values() if measure in power.measures]
    assert len(giving) == 1
    assert measure.words in CLAUSES[giving[0].clause].text


def test_the_catalogue_holds_the_grounds_and_powers_of_the_text():
    assert set(GROUNDS) == {"2.9", "2.10", "4.4", "5.1", "5.2"}
    assert {clause: power.approvals for clause, power in POWERS.items()} == {"3.1": 1, "4.4": 2, "5.2": 1}


@pytest.mark.parametrize("ground", [*GROUNDS, "row:x"])
@pytest.mark.parametrize("clause", POWERS)
@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("subject", ["app", "provider"])
def test_what_the_rules_give_can_be_taken_and_nothing_else(ground, clause, measure, subject):
    row = APP_MEASURES if ground.startswith("row:") else None
    if (ground, clause, measure, subject) in GIVEN:
        check(ground, clause, [measure], subject, row_measures=row)
        return
    with pytest.raises(NotGiven):
        check(ground, clause, [measure], subject, row_measures=row)


def test_an_unknown_ground_is_named():
    for ground in ("2.8", "2.99", "", "row:unknown", "3.1"):
        with pytest.raises(UnknownGround) as caught:
            check(ground, "3.1", [Measure.DELIST], "app")
        assert caught.value.ground == ground


def test_an_unknown_power_is_named():
    for clause in ("2.9", "4.2", "", "3.1 "):
        with pytest.raises(UnknownPower) as caught:
            power(clause)
        assert caught.value.power == clause


def test_a_ground_that_opens_another_power_says_which():
    with pytest.raises(PowerNotOpen) as caught:
        check("4.4", "3.1", [Measure.DELIST], "provider")
    assert caught.value.powers == ("4.4",)


def test_a_measure_the_power_does_not_give_is_named_with_those_it_gives():
    with pytest.raises(MeasureNotGiven) as caught:
        check("2.9", "3.1", [Measure.DELIST, Measure.PERMANENT_DELIST], "app")
    assert caught.value.measure is Measure.PERMANENT_DELIST
    assert list(caught.value.given) == APP_MEASURES


def test_an_imported_row_gives_only_what_it_says():
    check("row:x", "3.1", [Measure.CANCEL_SEARCH], "app", row_measures=[Measure.CANCEL_SEARCH])
    with pytest.raises(MeasureNotGiven) as caught:
        check("row:x", "3.1", [Measure.DELIST], "app", row_measures=[Measure.CANCEL_SEARCH])
    assert caught.value.given == (Measure.CANCEL_SEARCH,)
    with pytest.raises(MeasureNotGiven):
        check("row:x", "3.1", [Measure.PERMANENT_DELIST], "app", row_measures=[Measure.PERMANENT_DELIST])


def test_a_clause_is_no_row():
    with pytest.raises(UnknownGround):
        check("2.9", "3.1", [Measure.DELIST], "app", row_measures=[Measure.DELIST])


def test_permanent_delisting_is_not_taken_against_one_app():
    with pytest.raises(WrongSubject) as caught:
        check("4.4", "4.4", [Measure.PERMANENT_DELIST], "app")
    assert caught.value.subjects == ("provider",)


def test_service_is_suspended_or_terminated_not_both():
    with pytest.raises(OnlyOneOf):
        check("5.2", "5.2", [Measure.SUSPEND_SERVICE, Measure.TERMINATE_SERVICE], "provider")


def test_several_measures_of_3_1_go_together():
    check("2.9", "3.1", APP_MEASURES, "app")


@pytest.mark.parametrize(
    ("measures", "left"),
    [
        ([], (True, True, True)),
        ([Measure.CANCEL_RECOMMENDATION], (True, True, False)),
        ([Measure.CANCEL_SEARCH], (True, False, True)),
        ([Measure.CANCEL_RECOMMENDATION, Measure.CANCEL_SEARCH], (True, False, False)),
        ([Measure.DELIST], (False, False, False)),
        ([Measure.PERMANENT_DELIST], (False, False, False)),
        ([Measure.SUSPEND_SERVICE, Measure.TERMINATE_SERVICE], (True, True, True)),
    ],
)
def test_a_measure_takes_from_a_full_listing_what_its_clause_says(measures, left):
    assert remains((True, True, True), measures) == left


@given(BASELINES, MEASURES)
def test_measures_never_give_an_app_what_it_did_not_have(baseline, measures):
    assert all(had or not has for had, has in zip(baseline, remains(baseline, measures), strict=True))


@given(BASELINES, MEASURES, MEASURES)
def test_the_order_of_measures_does_not_matter_and_neither_does_twice(baseline, first, second):
    assert remains(remains(baseline, first), second) == remains(baseline, [*second, *first, *first])
