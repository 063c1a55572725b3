-- Every reconstitution the rules give within the months that market caps are held for: when it ranked, and from when its lists count.
-- Effective after the close of the rule's Friday, so the lists count from the day after it.
with
span as (
    select min(year(month_end)) as first_year, max(year(month_end)) as last_year
    from {{ ref('int_company_caps_monthly') }}
),

dated as (
    select
        rules.*,
        years.y as year,
        last_day(make_date(years.y, rules.rank_month, 1)) as rank_month_end,
        make_date(years.y, rules.effective_month, 1) as first_of_month
    from {{ ref('reconstitution_rules') }} as rules
    cross join {{ ref('stg_clock__day') }} as clock
    cross join span
    join range(2000, 2100) as years(y) on years.y between greatest(rules.first_year, span.first_year) and least(rules.last_year, span.last_year)
    where (rules.market = 'simulated') = (clock.provenance = 'simulated')
)

select
    market,
    season,
    rank_month_end,
    cast(first_of_month + cast((12 - dayofweek(first_of_month)) % 7 + 7 * (effective_friday - 1) as integer) as date) as effective_on,
    large_universe_id,
    large_n,
    small_universe_id,
    small_n,
    band_pct
from dated
order by effective_on
