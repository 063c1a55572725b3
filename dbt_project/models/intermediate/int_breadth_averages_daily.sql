-- Exponential averages of breadth: McClellan's 19 and 39 days (alpha 0.10 and 0.05) and Zweig's 10 (alpha 2/11), each seeded with the
-- simple mean of its first values. A session on which nothing advanced or declined has no value and is passed over.
with recursive
numbered as materialized (
    select
        universe_id,
        session_date,
        1000.0 * (advances - declines) / (advances + declines) as rana,
        advances / cast(advances + declines as double) as advancing_share,
        row_number() over (partition by universe_id order by session_date) as n
    from {{ ref('int_breadth_daily') }}
    where advances + declines > 0
),

-- Until the seed is full an average carries the sum.
averages as (
    select universe_id, n, session_date, rana, rana as ema_19, rana as ema_39, advancing_share as ema_10
    from numbered
    where n = 1

    union all

    select
        today.universe_id,
        today.n,
        today.session_date,
        today.rana,
        case
            when today.n < 19 then averages.ema_19 + today.rana
            when today.n = 19 then (averages.ema_19 + today.rana) / 19
            else averages.ema_19 + 0.10 * (today.rana - averages.ema_19)
        end,
        case
            when today.n < 39 then averages.ema_39 + today.rana
            when today.n = 39 then (averages.ema_39 + today.rana) / 39
            else averages.ema_39 + 0.05 * (today.rana - averages.ema_39)
        end,
        case
            when today.n < 10 then averages.ema_10 + today.advancing_share
            when today.n = 10 then (averages.ema_10 + today.advancing_share) / 10
            else averages.ema_10 + 2.0 / 11 * (today.advancing_share - averages.ema_10)
        end
    from averages
    join numbered as today on today.universe_id = averages.universe_id and today.n = averages.n + 1
)

select
    universe_id,
    session_date,
    rana,
    case when n >= 39 then ema_19 - ema_39 end as mcclellan_oscillator,
    case when n >= 39 then sum(ema_19 - ema_39) filter (where n >= 39) over (partition by universe_id order by n) end as mcclellan_summation,
    case when n >= 10 then ema_10 end as zweig_ema_10
from averages
order by universe_id, session_date
