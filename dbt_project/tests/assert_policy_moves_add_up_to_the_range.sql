-- From one move to the next the upper bound changes by change_bp, and within a run cumulative_bp by the same.
select *
from (
    select
        effective_date, change_bp, consecutive_moves, cumulative_bp,
        (upper_pct - lag(upper_pct) over moves) * 100 as step_bp,
        case when consecutive_moves = 1 then 0 else lag(cumulative_bp) over moves end as carried_bp
    from {{ ref('fct_policy_moves') }}
    window moves as (order by effective_date)
)
where step_bp <> change_bp or cumulative_bp <> coalesce(carried_bp, 0) + change_bp
