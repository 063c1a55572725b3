"""Gate 3: what tables say of one another: a fund and its index, an index and its members, the market and its sectors, parts and their sum.

Not for one table in itself (dbt tests those), nor for the calendar and the raw data (within).
"""

from pipelines.checks.history import MARGIN, THRESHOLD, beyond_history, to_judge
from pipelines.checks.verdicts import Reconciliation

# The market is made of its sectors, so its return lies within theirs; over twice the worst of 6,804 recorded sessions (0.18).
MOST_OUTSIDE_PP = 0.5

ACROSS: tuple[Reconciliation, ...] = (
    Reconciliation(
        "fund_moves_with_its_index",
        "marts.fct_performance_daily",
        "A wrong bar in an index or its fund.",
        "Compare the bars of both with a third source and withdraw the wrong one.",
        beyond_history(
            "fund_moves_with_its_index",
            "select f.instrument_id as pair, f.session_date, i.instrument_id as index_id, f.return_pct as fund_pct, i.return_pct as reference_pct, "
            "cast(abs(f.return_pct - i.return_pct) as double) as gap "
            "from rotation.marts.fct_performance_daily f join rotation.marts.dim_instrument d using (instrument_id) "
            "join rotation.marts.fct_performance_daily i on i.instrument_id = d.proxy_of and i.session_date = f.session_date and i.horizon = f.horizon "
            "where f.horizon = '1d' and f.return_pct is not null and i.return_pct is not null and i.price_basis = 'price'",
        ),
        f"{THRESHOLD} Measured: of 14,737 recorded sessions of IWM and SPY none would have closed; 1.5 points, the rule before, would have on 19.",
        asks_log=True,
    ),
    Reconciliation(
        "index_moves_with_its_members",
        "marts.fct_breadth_daily",
        "An index whose bar is not that of its members: a wrong level, another day's list, weights of another universe.",
        "Compare the index with its fund; if they agree, look at the members' bars of the session and at the list of members.",
        beyond_history(
            "index_moves_with_its_members",
            "select b.universe_id as pair, b.session_date, i.instrument_id as index_id, b.cap_weight_return_pct as members_pct, "
            "i.return_pct as reference_pct, b.weight_covered_pct, b.membership_basis, cast(abs(b.cap_weight_return_pct - i.return_pct) as double) as gap "
            "from rotation.marts.fct_breadth_daily b join rotation.reference.universes u using (universe_id) "
            "join rotation.marts.fct_performance_daily i on i.instrument_id = u.instrument_id and i.session_date = b.session_date "
            "and i.horizon = '1d' and i.price_basis = 'price' "
            "where b.cap_weight_return_pct is not null and i.return_pct is not null",
        ),
        f"{THRESHOLD} A list that covers little of the index has been further from it before, so its limit is wider; weight_covered_pct says how much it covers.",
        asks_log=True,
    ),
    Reconciliation(
        "sectors_move_with_the_market",
        "marts.fct_sector_performance_daily",
        "A wrong bar in a sector fund or in the S&P 500: the market is made of its sectors.",
        "The gap is to the mean of the sectors: look for the fund that is far from the others, and compare it with a second source.",
        "with sectors as (select session_date, count(return_pct) as sectors_n, min(return_pct) as lowest_pct, max(return_pct) as highest_pct, "
        "avg(return_pct) as mean_pct from rotation.marts.fct_sector_performance_daily where horizon = '1d' group by session_date), "
        "days as (select s.*, m.return_pct as market_pct from sectors s join rotation.marts.fct_performance_daily m on m.instrument_id = 'SP500' "
        "and m.session_date = s.session_date and m.horizon = '1d' and m.price_basis = 'price' where s.sectors_n >= 9 and m.return_pct is not null), "
        f"apart as ({beyond_history('sectors_move_with_the_market', 'select *, 1 as pair, market_pct as reference_pct, abs(market_pct - mean_pct) as gap from days')}) "
        "select session_date, sectors_n, lowest_pct, highest_pct, mean_pct, market_pct, gap, limit_of_gap from apart union all "
        "select session_date, sectors_n, lowest_pct, highest_pct, mean_pct, market_pct, greatest(lowest_pct - market_pct, market_pct - highest_pct), "
        f"{MOST_OUTSIDE_PP} from days where {to_judge()} and (market_pct < lowest_pct - {MOST_OUTSIDE_PP} or market_pct > highest_pct + {MOST_OUTSIDE_PP})",
        f"From the mean of the sectors: {THRESHOLD} From the range of the sectors: {MOST_OUTSIDE_PP} points. Measured on 6,804 recorded sessions: none "
        f"beyond {MARGIN} times the worst before; 1.5 times would have closed on 2024-07-11, a real turn to small caps. Outside the range on 3, by 0.18 at the most.",
        asks_log=True,
    ),
    Reconciliation(
        "cohorts_add_up",
        "marts.fct_quality_split_daily",
        "Members counted in two cohorts or in none: contributions, weights and counts of a split are those of all members held.",
        "Look at int_quality_split_from_filings for the sessions shown.",
        # each cohort is published to four decimals, so a sum of six may be off by what their rounding can do
        "with splits as (select session_date, universe_id, horizon, source_id, case when cohort like 'roe_%' then 'return on equity' else 'earnings' end as split_by, "
        "sum(contribution_pp) as contributions_pp, sum(weight_pct) as weights_pct, sum(members_n) as members_n from rotation.marts.fct_quality_split_daily "
        "where cohort like 'roe_%' or cohort in ('earners', 'non_earners', 'earnings_unknown') group by all) "
        "select s.*, w.return_pct as return_of_all_pct, w.members_n as all_n from splits s join rotation.marts.fct_quality_split_daily w "
        "using (session_date, universe_id, horizon, source_id) where w.cohort = 'members' and w.return_pct is not null and "
        "(abs(s.contributions_pp - w.return_pct) > 5e-4 or abs(s.weights_pct - 100) > 5e-4 or s.members_n <> w.members_n)",
        "5e-4: what rounding seven numbers to four decimals can do (7 × 5e-5 = 3.5e-4).",
    ),
    Reconciliation(
        "breadth_counts_add_up",
        "marts.fct_breadth_daily",
        "Companies counted twice or lost: advances, declines and unchanged are members with a close on both days.",
        "Look at int_member_prices_daily for the sessions shown.",
        "select session_date, universe_id, members_n, advances, declines, unchanged from rotation.marts.fct_breadth_daily "
        "where advances + declines + unchanged > members_n or eligible_50_n > members_n or eligible_200_n > eligible_50_n "
        "or new_highs_252d + new_lows_252d > eligible_252_n or eligible_252_n > eligible_200_n or priced_n > members_n "
        "or pct_above_sma_50 > 100 or pct_above_sma_200 > 100 or weight_covered_pct > 100.0001",
    ),
    Reconciliation(
        "sector_counts_add_up",
        "marts.fct_sector_performance_daily",
        "A sector missing from a session's count.",
        "Look at fct_sector_performance_daily for the sessions shown.",
        "select session_date, horizon, max(sectors_n) as sectors_n, count(return_pct) as rows_n from rotation.marts.fct_sector_performance_daily "
        "group by all having max(sectors_n) <> count(return_pct) or max(sectors_up_n) <> count(*) filter (return_pct > 0)",
    ),
    Reconciliation(
        "discount_follows_from_its_parts",
        "marts.fct_discount_monthly",
        "A discount that is not one minus small over large, or one stated where it had to be refused.",
        "Look at fct_discount_monthly for the months shown.",
        # the values are published to four decimals: the ratio may differ by what that rounding can do
        "with parts as (select *, case when metric = 'earnings_yield' then large_value / small_value else small_value / large_value end as ratio, "
        "5e-5 / abs(small_value) + 5e-5 / abs(large_value) as rounding from rotation.marts.fct_discount_monthly) "
        "select * from parts where (discount_pct is null) = (refusal_reason is null) or abs(discount_pct - (1 - relative) * 100) > 2e-4 "
        "or abs(relative - ratio) > abs(ratio) * rounding + 1e-6",
        "What the rounding of the published values can do: four decimals of both sides, 2e-4 points of the discount.",
    ),
)
