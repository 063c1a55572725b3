"""The sheets of the workbook of the day: subjects, in the order a reader asks. Not for writing them (workbook.py)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sheet:
    """The rows of `table` that are newest by `day`, in each group of `by`; all of them where no day is given. The first `held` columns stay in view."""

    name: str
    about: str
    table: str
    day: str = ""
    by: tuple[str, ...] = ()
    where: str = "true"
    held: int = 2

    @property
    def sql(self) -> str:
        among = f"partition by {', '.join(self.by)}" if self.by else ""
        newest = f"qualify {self.day} = max({self.day}) over ({among})" if self.day else ""
        return f"select * from {self.table} where {self.where} {newest} order by all"


SHEETS = (
    Sheet("Performance", "Returns of every instrument over each horizon", "marts.fct_performance_daily", "session_date", held=3),
    Sheet("Relative", "Small minus large, by pair and horizon", "marts.fct_relative_performance_daily", "session_date", held=4),
    Sheet("Rotation", "Relative strength, its trend and the quadrant, by pair", "marts.fct_rotation_daily", "session_date", held=3),
    Sheet("Cycles", "Cycles of leadership since 1926", "marts.fct_leadership_cycles"),
    Sheet("Breadth", "How many members take part, small and large", "marts.fct_breadth_daily", "session_date"),
    Sheet("Breadth by funds", "Equal weight against cap weight, small against large", "marts.fct_breadth_funds_daily", "session_date"),
    Sheet("Sectors", "Return and rank of the sectors", "marts.fct_sector_performance_daily", "session_date", held=4),
    Sheet("Discount", "Discount of small against large on every definition", "marts.fct_discount_monthly", "month_end", ("small_source_id", "large_source_id"), held=4),
    Sheet("Re-rating", "What the median multiple would be worth", "marts.fct_implied_rerating_monthly", "month_end", ("small_source_id", "large_source_id"), held=4),
    Sheet("Valuation", "Multiples of each universe, by definition", "marts.fct_valuation_monthly", "month_end", ("universe_id", "source_id"), held=3),
    Sheet("Policy", "The Federal Reserve: target, run of moves, next meeting", "marts.fct_policy_stance_daily", "session_date", held=1),
    Sheet("Rates", "Rates and spreads", "marts.fct_rates_daily", "session_date", ("series_id",)),
    Sheet("Credit", "Spreads, conditions and volatility: high is tight", "marts.fct_credit_daily", "date", ("series_id",)),
    Sheet("Rate sensitivity", "How far small minus large moved with yields", "marts.fct_rate_sensitivity_monthly", "month_end", held=4),
    Sheet("Technicals", "Averages, RSI, the year's high, volume", "marts.fct_technicals_daily", "session_date"),
    Sheet("Levels", "Support and resistance that are followed", "marts.fct_levels_daily", "session_date", held=3),
    Sheet("Premium", "Size premium, newest vintage, spans that end last", "marts.fct_size_premium", "end_year", ("definition",), "is_newest_vintage", 1),
    Sheet("Premium windows", "Rolling windows small won", "marts.fct_size_premium_win_rate", "last_window_end", ("definition",), "is_newest_vintage", 1),
    Sheet("Scorecard", "What speaks for small caps: components and total", "marts.fct_scorecard_daily", "session_date"),
    Sheet("Evidence", "What followed such scores, with intervals", "marts.fct_scorecard_evidence", held=3),
    Sheet("Risk flags", "What the thesis names as its risks", "marts.fct_risk_flags_daily", "session_date", held=3),
    Sheet("Quality", "Return by the quality of the companies", "marts.fct_quality_split_daily", "session_date", held=4),
    Sheet("Refinancing", "How the companies carry their debt", "marts.fct_refinancing_monthly", "month_end", ("universe_id", "source_id"), held=3),
    Sheet("Home revenue", "Share of revenue made in the United States", "marts.fct_domestic_exposure_quarterly", "quarter_end", ("universe_id", "source_id"), held=3),
    Sheet("Earnings", "Growth of earnings, as last captured", "marts.fct_earnings_growth", "captured_on", ("universe_id", "source_id"), held=3),
    Sheet("Targets", "Upside to analysts' targets, by list", "marts.fct_target_screen", "captured_on", ("list_id",)),
    Sheet("Target by stock", "The same by stock", "marts.fct_target_upside", "captured_on", ("list_id",), held=4),
    Sheet("Calendar", "Events to come", "marts.dim_event", where="days_ahead >= 0", held=3),
    Sheet("Event study", "What small did against large around events", "marts.fct_event_study", where="horizon_sessions in (1, 5, 20, 60)", held=4),
    Sheet("Claims", "An article's figures: said, found, verdict", "marts.fct_claim_audit"),
    Sheet("Freshness", "How late each series is", "quality.freshness", held=1),
    Sheet("Definitions", "Every metric with its formula and unit", "marts.dim_metric"),
)  # fmt: skip
