-- Value and day of a flag are those of the mart it names.
with published as (
    select 'overbought' as flag, session_date as input_date, rsi_14 as value
    from {{ ref('fct_technicals_daily') }} where instrument_id = 'R2000'
    union all
    select 'credit_tightening', date, 100 * change_3m from {{ ref('fct_credit_daily') }} where series_id = 'BAA10Y'
    union all
    select 'refinancing', date, percentile from {{ ref('fct_credit_daily') }} where series_id = 'BAA10Y'
    union all
    select 'narrow_participation', session_date, pct_above_sma_200 from {{ ref('fct_breadth_daily') }} where universe_id = 'R2000'
)

select flags.*
from {{ ref('fct_risk_flags_daily') }} as flags
left join published using (flag, input_date)
where flags.flag in (select flag from published) and flags.value is not null and abs(coalesce(published.value, -999) - flags.value) > 0.0001
