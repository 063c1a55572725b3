"""Breadth as one SQL statement over the Parquet files: joins and window functions, as users of DuckDB write it. Not for dbt (derive.py)."""

from pathlib import Path

import duckdb

from bench.full_size.bars import glob, lists

# `bars` and `lists` are the files.
SQL = """
with recursive
bars as (
    select collection as universe_id, symbol, session_date, close from read_parquet('{bars}')
),
sessions as (
    select session_date, row_number() over (order by session_date) as session_no from (select distinct session_date from bars)
),
numbered as (
    select *, lag(close) over company as last_close, session_no - lag(session_no) over company as since
    from bars join sessions using (session_date)
    window company as (partition by universe_id, symbol order by session_date)
),
stretches as (
    select *, count(*) filter (where since > 10) over (partition by universe_id, symbol order by session_date) as stretch from numbered
),
measured as (
    select
        *,
        row_number() over stretch as n,
        avg(close) over (stretch rows 49 preceding) as sma_50,
        avg(close) over (stretch rows 199 preceding) as sma_200,
        max(close) over (stretch rows 251 preceding) as highest,
        min(close) over (stretch rows 251 preceding) as lowest
    from stretches
    window stretch as (partition by universe_id, symbol, stretch order by session_date)
),
company_days as materialized (
    select
        universe_id, symbol, session_date, close,
        case when since = 1 then last_close end as previous_close,
        case when n >= 50 then close > sma_50 * (1 + 1e-9) end as is_above_50,
        case when n >= 200 then close > sma_200 * (1 + 1e-9) end as is_above_200,
        case when n >= 252 then close = highest and highest > lowest end as is_high,
        case when n >= 252 then close = lowest and highest > lowest end as is_low
    from measured
),
lists as (
    select listed.*, anchors.close as anchor_close
    from read_parquet('{lists}') as listed
    asof left join company_days as anchors
        on anchors.universe_id = listed.universe_id and anchors.symbol = listed.symbol and anchors.session_date <= listed.snapshot_date
),
day_lists as (
    select days.universe_id, days.session_date, held.snapshot_date, held.members_n
    from (select distinct universe_id, session_date from company_days) as days
    asof join (select universe_id, snapshot_date, count(*) as members_n from lists group by all) as held
        on held.universe_id = days.universe_id and held.snapshot_date <= days.session_date
),
members as (
    select
        *, close / previous_close - 1 as returned, weight_pct * previous_close / anchor_close as drifted
    from company_days
    join day_lists using (universe_id, session_date)
    join lists using (universe_id, symbol, snapshot_date)
),
counts as materialized (
    select
        universe_id,
        session_date,
        any_value(members_n) as members_n,
        count(*) as priced_n,
        count(is_above_50) as eligible_50_n,
        count(is_above_200) as eligible_200_n,
        count(is_high) as eligible_252_n,
        count(*) filter (where close > previous_close) as advances,
        count(*) filter (where close < previous_close) as declines,
        count(*) filter (where close = previous_close) as unchanged,
        count(*) filter (where is_above_50) as above_50_n,
        count(*) filter (where is_above_200) as above_200_n,
        count(*) filter (where is_high) as highs,
        count(*) filter (where is_low) as lows,
        100 * avg(returned) as equal_weight_return_pct,
        100 * sum(drifted * returned) / sum(drifted) as cap_weight_return_pct,
        sum(weight_pct) filter (where drifted is not null) as weight_covered_pct
    from members
    group by universe_id, session_date
),
moving as materialized (
    select
        universe_id, session_date,
        1000.0 * (advances - declines) / (advances + declines) as rana,
        advances / (advances + declines) as share,
        row_number() over (partition by universe_id order by session_date) as n
    from counts
    where advances + declines > 0
),
averages as (
    select universe_id, n, session_date, rana, rana as ema_19, rana as ema_39, share as ema_10 from moving where n = 1
    union all
    select
        m.universe_id, m.n, m.session_date, m.rana,
        case when m.n < 19 then a.ema_19 + m.rana when m.n = 19 then (a.ema_19 + m.rana) / 19 else a.ema_19 + 0.10 * (m.rana - a.ema_19) end,
        case when m.n < 39 then a.ema_39 + m.rana when m.n = 39 then (a.ema_39 + m.rana) / 39 else a.ema_39 + 0.05 * (m.rana - a.ema_39) end,
        case when m.n < 10 then a.ema_10 + m.share when m.n = 10 then (a.ema_10 + m.share) / 10 else a.ema_10 + 2.0 / 11 * (m.share - a.ema_10) end
    from averages as a join moving as m on m.universe_id = a.universe_id and m.n = a.n + 1
),
smooth as (
    select
        universe_id, session_date, rana,
        case when n >= 39 then ema_19 - ema_39 end as mcclellan_oscillator,
        case when n >= 39 then sum(case when n >= 39 then ema_19 - ema_39 end) over (partition by universe_id order by n) end as mcclellan_summation,
        case when n >= 10 then ema_10 end as zweig_ema_10
    from averages
),
thrusts as (
    select
        universe_id, session_date,
        case when count(*) over ten = 10
            then average > 0.615 and lag(average) over (partition by universe_id order by session_date) <= 0.615 and min(average) over ten < 0.40
        end as is_zweig_thrust
    from (select universe_id, session_date, round(zweig_ema_10, 6) as average from smooth where zweig_ema_10 is not null)
    window ten as (partition by universe_id order by session_date rows between 10 preceding and 1 preceding)
),
shares as (
    select universe_id, session_date, 100.0 * highs / (highs + lows) as record_high_pct from counts where highs + lows > 0
),
high_low as (
    select
        universe_id, session_date, record_high_pct, case when count(*) over ten = 10 then avg(record_high_pct) over ten end as high_low_index
    from shares
    window ten as (partition by universe_id order by session_date rows 9 preceding)
)
select
    counts.*,
    sum(advances - declines) over (partition by universe_id order by session_date) as advance_decline_line,
    rana, mcclellan_oscillator, mcclellan_summation, zweig_ema_10, is_zweig_thrust,
    100.0 * above_50_n / nullif(eligible_50_n, 0) as pct_above_sma_50,
    100.0 * above_200_n / nullif(eligible_200_n, 0) as pct_above_sma_200,
    case when eligible_252_n > 0 then highs end as new_highs_252d,
    case when eligible_252_n > 0 then lows end as new_lows_252d,
    record_high_pct, high_low_index,
    equal_weight_return_pct - cap_weight_return_pct as equal_minus_cap_pp
from counts
left join smooth using (universe_id, session_date)
left join thrusts using (universe_id, session_date)
left join high_low using (universe_id, session_date)
"""


def statement(data: Path) -> str:
    """The statement on the files of a folder."""
    return SQL.format(bars=glob(data), lists=lists(data))


def work(data: str, out: str) -> None:
    """Compute and store the table."""
    with duckdb.connect(config={"temp_directory": f"{out}.spill"}) as connection:
        connection.execute(f"copy ({statement(Path(data))}) to '{out}' (format parquet)")
