-- Returns by instrument, basis, session and horizon, with the close they start from. The base is the exact session for 1d and 5d;
-- else the instrument's last close on or before the target day, if it is near enough. A view: fct_performance_daily stores what it says of
-- the instruments' own bases, and nothing else reads that half again.
{{ config(materialized='view') }}
with
based as (
    select
        levels.instrument_id,
        levels.price_basis,
        levels.is_own_basis,
        levels.session_date,
        targets.horizon,
        targets.horizon_no,
        targets.is_annualised,
        targets.target_date,
        levels.level,
        levels.split_factor,
        levels.series_id,
        levels.provenance,
        base.session_date as found_date,
        base.level as found_level,
        case
            when targets.is_exact_session then base.session_date = targets.target_date
            else base.session_date >= targets.target_date - {{ var('base_close_tolerance_days') }}
        end as is_usable
    from {{ ref('int_levels_daily') }} as levels
    join {{ ref('int_horizon_targets') }} as targets using (session_date)
    asof left join {{ ref('int_levels_daily') }} as base
        on base.instrument_id = levels.instrument_id
        and base.price_basis = levels.price_basis
        -- DuckDB 1.5 matches an empty key in an asof join with anything, so none is left empty.
        and base.session_date <= coalesce(targets.target_date, date '0001-01-01')
)

-- Rounded here, once, to what the marts publish: writing decimals takes half the time of writing doubles.
select
    instrument_id,
    price_basis,
    is_own_basis,
    session_date,
    horizon,
    horizon_no,
    case when is_usable then found_date end as base_date,
    cast(case when is_usable then found_level / split_factor end as decimal(18, 6)) as base_close,
    cast(level / split_factor as decimal(18, 6)) as close,
    cast(case when is_usable then (level / found_level - 1) * 100 end as decimal(18, 4)) as return_pct,
    cast(case
        when is_usable and is_annualised then (power(level / found_level, 365.25 / (session_date - found_date)) - 1) * 100
    end as decimal(18, 4)) as annualised_return_pct,
    case
        when found_date is null then 'history_starts_later'
        when not is_usable then 'no_close_on_base_date'
    end as return_reason,
    series_id,
    provenance
from based
