"""What is offered where in a query. Not for the prompt that offers it."""

import pytest

from pipelines.report.completion import Names, complete_query, suggest

KNOWN = Names(
    {("marts", "fct_rates_daily"): "Rates", ("marts", "dim_event"): "Events", ("quality", "freshness"): "Lateness"},
    {
        ("marts", "fct_rates_daily"): {"session_date": "date: Day", "value_pct": "decimal: Rate"},
        ("marts", "dim_event"): {"event_date": "date: Day of it"},
        ("quality", "freshness"): {"series_id": "varchar: Series"},
    },
    ("median", "min"),
    ("select", "from", "where"),
)


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("sel", ["select"]),
        ("select * from ma", ["marts.fct_rates_daily", "marts.dim_event", "marts"]),
        ("select * from marts.d", ["dim_event"]),
        ("select * from marts.fct_rates_daily join q", ["quality.freshness", "quality"]),
        ("describe qual", ["quality.freshness", "quality"]),
        ("select * from marts.fct_rates_daily where val", ["value_pct"]),
        ("select * from marts.fct_rates_daily as r where r.s", ["session_date"]),
        ("select marts.dim_event.e", ["event_date"]),
        ("select m", ["median", "min", "marts.fct_rates_daily", "marts.dim_event", "marts"]),
        ("select nothing_like_this", []),
    ],
)
def test_offered_is_what_can_stand_there(before: str, offered: list[str]) -> None:
    assert [s.text for s in suggest(KNOWN, before, before)] == offered


def test_columns_come_from_the_tables_named_after_the_cursor_too() -> None:
    (found,) = suggest(KNOWN, "select val", "select val from marts.fct_rates_daily")
    assert (found.text, found.replaces, found.meta) == ("value_pct", 3, "decimal: Rate")


def test_the_command_line_offers_the_whole_query(put_published: object) -> None:
    assert complete_query("from reference.pa") == ["from reference.pairs"]


@pytest.mark.usefixtures("warehouse")
def test_before_anything_is_published_nothing_is_offered() -> None:
    assert complete_query("from ma") == []
