-- Every version of every observation of FRED, French and Shiller, with the days between which it stood: what was known on a day D has
-- known_on <= D and superseded_on empty or > D.
with
versions as (
    select series.series_id, 'value' as measure, observations.observation_date, observations.value,
        observations.known_on, observations.pulled_at, observations.provenance
    from {{ ref('int_fred_versions') }} as observations
    join {{ ref('series_catalog') }} as series on series.provider = 'fred' and series.symbol = observations.symbol

    union all

    select series.series_id, concat_ws(' ', returns.frequency, nullif(returns.weighting, 'none'), returns.portfolio), returns.period_end,
        returns.return_pct, returns.known_on, returns.pulled_at, returns.provenance
    from {{ ref('stg_french__returns') }} as returns
    join {{ ref('series_catalog') }} as series on series.provider = 'french' and series.symbol = returns.dataset

    union all

    {% for measure in ['mean_close', 'dividend_ltm', 'earnings_ltm', 'cpi', 'long_rate_pct', 'cape'] %}
    select series.series_id, '{{ measure }}', months.month_end, months.{{ measure }}, months.known_on, months.pulled_at, months.provenance
    from {{ ref('stg_shiller__months') }} as months
    join {{ ref('series_catalog') }} as series on series.provider = 'shiller' and series.symbol = months.symbol
    where months.{{ measure }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- Of two versions that became known on one day, the last one stands.
daily as (
    select *
    from versions
    where known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
    qualify row_number() over (partition by series_id, measure, observation_date, known_on order by pulled_at desc) = 1
),

-- A later vintage that repeats a value is no new version of it.
changed as (
    select *
    from daily
    qualify value is distinct from lag(value) over (partition by series_id, measure, observation_date order by known_on)
)

select
    series_id,
    measure,
    observation_date,
    cast(value as decimal(18, 6)) as value,
    known_on,
    lead(known_on) over (partition by series_id, measure, observation_date order by known_on) as superseded_on,
    provenance
from changed
order by series_id, measure, observation_date, known_on
