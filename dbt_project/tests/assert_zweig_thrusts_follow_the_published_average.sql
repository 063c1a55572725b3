-- Every session whose published average crosses 0.615 within ten valued sessions of one below 0.40 is a thrust, and no other is.
with valued as (
    select *, row_number() over (partition by universe_id order by session_date) as n
    from {{ ref('fct_breadth_daily') }}
    where zweig_ema_10 is not null
)

select today.universe_id, today.session_date, today.is_zweig_thrust
from valued as today
join valued as earlier
    on earlier.universe_id = today.universe_id and earlier.n between today.n - {{ var('zweig_sessions') }} and today.n - 1
where today.n > {{ var('zweig_sessions') }}
group by today.universe_id, today.session_date, today.is_zweig_thrust, today.n
having today.is_zweig_thrust is distinct from (
    any_value(today.zweig_ema_10) > {{ var('zweig_above') }}
    and max(earlier.zweig_ema_10) filter (where earlier.n = today.n - 1) <= {{ var('zweig_above') }}
    and min(earlier.zweig_ema_10) < {{ var('zweig_below') }}
)
