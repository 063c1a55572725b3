-- One row a definition, vintage, exclusion and year: the year's premium as the exclusion leaves it (empty: the year is left out), and
-- the same year with nothing left out, built the same way. Years without their published figure, or without all twelve months, are no rows.
with
annual as (
    select definition, vintage, year(period_end) as year, premium_pct, known_on, provenance
    from {{ ref('int_size_returns') }}
    where frequency = 'annual'
),

months as (
    select
        definition, vintage, year(period_end) as year, month(period_end) as month, known_on, provenance,
        small_pct is not null as has_legs,
        case when small_pct > -100 then ln(1 + small_pct / 100) end as small_log,
        case when large_pct > -100 then ln(1 + large_pct / 100) end as large_log,
        case when premium_pct > -100 then ln(1 + premium_pct / 100) end as premium_log
    from {{ ref('int_size_returns') }}
    where frequency = 'monthly'
),

compounded as (
    select
        definition, vintage, year, max(known_on) as known_on, max(provenance) as provenance,
        {% for name, months in {'all_pct': '', 'kept_pct': ' filter (where month > 1)'}.items() %}
        100 * case
            when bool_and(has_legs)
                then exp(cast({{ exact_sum('small_log') }}{{ months }} as double)) - exp(cast({{ exact_sum('large_log') }}{{ months }} as double))
            else exp(cast({{ exact_sum('premium_log') }}{{ months }} as double)) - 1
        end as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from months
    group by definition, vintage, year
    having count(premium_log) = 12 and count(small_log) = if(bool_and(has_legs), 12, 0) and count(large_log) = if(bool_and(has_legs), 12, 0)
)

select definition, vintage, 'none' as excludes, year, premium_pct as kept_pct, premium_pct as all_pct, known_on, provenance
from annual
union all
select
    definition, vintage, 'ex_1975_1983', year, case when year not between 1975 and 1983 then premium_pct end, premium_pct, known_on, provenance
from annual
union all
select definition, vintage, 'ex_january', year, kept_pct, all_pct, known_on, provenance
from compounded
order by definition, vintage, excludes, year
