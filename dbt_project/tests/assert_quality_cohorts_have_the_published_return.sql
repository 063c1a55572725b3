-- A cohort that is a series has the return that fct_performance_daily says of its instrument.
select split.*
from {{ ref('fct_quality_split_daily') }} as split
left join {{ ref('fct_performance_daily') }} as returns
    on returns.session_date = split.session_date and returns.instrument_id = split.instrument_id
    and returns.horizon = split.horizon and returns.price_basis = split.price_basis
where split.instrument_id is not null
    and (returns.session_date is null or returns.return_pct is distinct from split.return_pct)
