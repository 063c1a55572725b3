-- What small, large and their difference returned by month and by year, for each definition of the size premium and each vintage of
-- the files. A vintage stands by itself: what French revised later is another vintage.
{% set legs = {'lo30_hi30': ('Lo 30', 'Hi 30'), 'lo10_hi10': ('Lo 10', 'Hi 10')} %}

with
known as (
    select *
    from {{ latest_known(ref('stg_french__returns'), ['dataset', 'vintage', 'frequency', 'weighting', 'period_end', 'portfolio']) }}
),

factor as (
    select
        'smb' as definition, vintage, frequency, period_end,
        cast(null as double) as small_pct, cast(null as double) as large_pct, return_pct as premium_pct, known_on, provenance
    from known
    where dataset = 'F-F_Research_Data_Factors' and weighting = 'none' and portfolio = 'SMB'
),

portfolios as (
    {% for name, (small, large) in legs.items() %}
    select
        '{{ name }}_' || weighting as definition, vintage, frequency, period_end,
        any_value(return_pct) filter (where portfolio = '{{ small }}') as small_pct,
        any_value(return_pct) filter (where portfolio = '{{ large }}') as large_pct,
        max(known_on) as known_on, max(provenance) as provenance
    from known
    where dataset = 'Portfolios_Formed_on_ME' and portfolio in ('{{ small }}', '{{ large }}')
    group by weighting, vintage, frequency, period_end
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from factor
union all
select definition, vintage, frequency, period_end, small_pct, large_pct, small_pct - large_pct, known_on, provenance
from portfolios
where small_pct is not null and large_pct is not null
order by definition, vintage, frequency, period_end
