-- Every version of FRED's observations. Where ALFRED was asked, its vintages stand in place of what was pulled before: a pull knows since
-- when we have a value, a vintage since when it was out. What was pulled after the last vintage counts again.
with
vintages as (
    select symbol, observation_date, value, known_on, pulled_at, provenance
    from {{ ref('stg_fred__vintages') }}
),

asked as (
    select symbol, observation_date, max(pulled_at) as last_asked_at
    from vintages
    group by symbol, observation_date
)

select symbol, observation_date, value, known_on, pulled_at, provenance
from vintages

union all

select pulls.symbol, pulls.observation_date, pulls.value, pulls.known_on, pulls.pulled_at, pulls.provenance
from {{ ref('stg_fred__observations') }} as pulls
left join asked using (symbol, observation_date)
where asked.last_asked_at is null or pulls.pulled_at > asked.last_asked_at
