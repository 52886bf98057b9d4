"""A field of pmo.yaml that no issue shows: misspelt, or of a type of issue that the scope does not hold yet."""

from pmo_sync.connectors.options import RedmineOptions
from pmo_sync.connectors.redmine.fields import Catalogue, missing
from pmo_sync.plan.options import WriteOptions


def options(**fields: str) -> RedmineOptions:
    return RedmineOptions(kind="redmine", url="https://redmine.example.net", fields=dict(fields))


CATALOGUE = Catalogue(of_issues={7: "Budget", 8: "Sponsor"})


def test_a_misspelt_field_is_a_mistake_with_the_nearest_name() -> None:
    (found,) = missing("plant", options(budget="Budgett"), CATALOGUE)
    assert found.mistaken
    assert 'did you mean "Budget"?' in found.text


def test_a_field_that_nothing_resembles_may_come_with_its_first_issue() -> None:
    (found,) = missing("plant", options(probability="Likelihood"), CATALOGUE)
    assert not found.mistaken


def test_a_field_to_write_to_must_be_there() -> None:
    writing = options().model_copy(update={"write": WriteOptions(flags="PMO compliance")})
    (found,) = missing("plant", writing, CATALOGUE)
    assert found.mistaken
