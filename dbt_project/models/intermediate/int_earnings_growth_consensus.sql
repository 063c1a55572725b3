-- Expected growth of a universe's earnings by period and day of capture. Sums come first: a line `all` (or `ex_health_care`), else the
-- sectors added up; a growth that is only stated is passed on as stated. Without health care: its own line, else all less that sector.
with
lines as (
    select
        *,
        sector = 'all' as is_all,
        sector = 'ex_health_care' as is_ex,
        replace(replace(lower(sector), ' ', ''), '_', '') = 'healthcare' as is_health_care
    from {{ latest_known(ref('stg_drop__consensus'), ['universe_id', 'period', 'sector', 'captured_on', 'source_id']) }}
),

summed as (
    select
        captured_on,
        universe_id,
        period,
        source_id,
        max(earnings_base) filter (where is_all) as all_base,
        max(earnings_expected) filter (where is_all) as all_expected,
        max(stated_growth_pct) filter (where is_all) as all_stated,
        max(n) filter (where is_all) as all_n,
        max(earnings_base) filter (where is_ex) as ex_base,
        max(earnings_expected) filter (where is_ex) as ex_expected,
        max(stated_growth_pct) filter (where is_ex) as ex_stated,
        cast({{ exact_sum('earnings_base') }} filter (where not is_all and not is_ex) as double) as sectors_base,
        cast({{ exact_sum('earnings_expected') }} filter (where not is_all and not is_ex) as double) as sectors_expected,
        sum(n) filter (where not is_all and not is_ex) as sectors_n,
        cast({{ exact_sum('earnings_base') }} filter (where is_health_care) as double) as health_care_base,
        cast({{ exact_sum('earnings_expected') }} filter (where is_health_care) as double) as health_care_expected,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from lines
    group by captured_on, universe_id, period, source_id
),

whole as (
    select
        *,
        coalesce(all_base, sectors_base) as base,
        coalesce(all_expected, sectors_expected) as expected,
        coalesce(all_n, sectors_n) as n,
        coalesce(ex_base, coalesce(all_base, sectors_base) - health_care_base) as base_ex,
        coalesce(ex_expected, coalesce(all_expected, sectors_expected) - health_care_expected) as expected_ex
    from summed
)

-- The columns every int_earnings_growth_ model has; fct_earnings_growth joins them end to end.
select
    captured_on,
    universe_id,
    period,
    'consensus' as basis,
    source_id,
    base as earnings_base,
    expected as earnings_expected,
    case when base > 0 then 100 * (expected - base) / base when base is null then all_stated end as growth_pct,
    case when base > 0 then 'computed' when base is null and all_stated is not null then 'stated' end as growth_source,
    case when base <= 0 then 'not_meaningful' when base is null and all_stated is null then 'not_given' else 'ok' end as value_status,
    case when base_ex > 0 then 100 * (expected_ex - base_ex) / base_ex when base_ex is null then ex_stated end as growth_ex_health_care_pct,
    case when base_ex > 0 then 'computed' when base_ex is null and ex_stated is not null then 'stated' end as growth_ex_health_care_source,
    case
        when base_ex <= 0 then 'not_meaningful' when base_ex is null and ex_stated is null then 'not_given' else 'ok'
    end as ex_health_care_status,
    n,
    known_on,
    provenance
from whole
