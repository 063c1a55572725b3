"""Every answer of docs/cookbook.md runs as it stands on the published file and has the columns written beside it. Not for the numbers themselves."""

import re
from pathlib import Path

import pytest
from worlds import database

from pipelines.report.recipes import PAGE, Recipe, recipes
from pipelines.resources import warehouse


def test_the_cookbook_has_its_questions_numbered_and_read() -> None:
    numbers = [int(r.question.split(".")[0]) for r in recipes()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 10
    for recipe in recipes():
        assert len(recipe.reading) > 80, recipe.question
        for page in re.findall(r"\]\(([\w/-]+\.md)\)", recipe.reading):
            assert (PAGE.parent / page).exists(), page


@pytest.mark.slow
@pytest.mark.parametrize("recipe", recipes(), ids=lambda r: r.question)
def test_every_recipe_answers_on_the_published_file(recipe: Recipe, sample_at_once: Path) -> None:
    with warehouse.read_only(database(sample_at_once)) as connection:
        answer = connection.sql(recipe.sql).pl()
    assert answer.columns == recipe.columns
    assert not answer.is_empty()


@pytest.mark.slow
def test_shares_of_the_months_add_up_and_the_third_cut_is_a_third_cut(sample_at_once: Path) -> None:
    by_number = {r.question.split(".")[0]: r for r in recipes()}
    with warehouse.read_only(database(sample_at_once)) as connection:
        months = connection.sql(by_number["9"].sql).pl()
        assert months.height == 12
        assert abs(float(months["share_of_year_pct"].sum()) - 100) < 1
        for cut in connection.sql(by_number["1"].sql).pl().iter_rows(named=True):
            before = connection.execute(
                "select change_bp from marts.fct_policy_moves where effective_date <= ? order by effective_date desc limit 3",
                [cut["third_cut_on"]],
            ).fetchall()
            assert all(change < 0 for (change,) in before)
            assert float(sum(change for (change,) in before)) == float(cut["cumulative_bp"])
            assert (cut["excess_pp"] is None) == (cut["note"] is not None)
            if cut["excess_pp"] is not None:
                assert cut["excess_pp"] == cut["small_return_pct"] - cut["large_return_pct"]
                assert 0 <= (cut["measured_to"] - cut["third_cut_on"]).days - 365 <= 7
