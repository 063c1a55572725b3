-- From the two funds' first common session on. Windows count the sessions on which both have a close, and look back only.
with
bases as (
    select * from {{ ref('int_breadth_fund_bases') }}
),

-- Sessions on which either fund has a close.
sessions as (
    select bases.measure, prices.session_date, max(prices.provenance) as provenance
    from bases
    join {{ ref('int_prices_daily') }} as prices on prices.instrument_id in (bases.numerator_id, bases.denominator_id)
    where not prices.is_partial
    group by bases.measure, prices.session_date
),

levels as (
    select
        bases.*,
        sessions.session_date,
        sessions.provenance,
        one.level as numerator_level,
        other.level as denominator_level,
        min(case when one.level is not null and other.level is not null then sessions.session_date end) over (partition by bases.measure)
            as ratio_base_date
    from bases
    join sessions using (measure)
    left join {{ ref('int_levels_daily') }} as one
        on one.instrument_id = bases.numerator_id and one.price_basis = bases.price_basis and one.session_date = sessions.session_date
    left join {{ ref('int_levels_daily') }} as other
        on other.instrument_id = bases.denominator_id and other.price_basis = bases.price_basis and other.session_date = sessions.session_date
),

ratios as (
    select
        *,
        cast(
            100 * (numerator_level / denominator_level)
                / first_value(numerator_level / denominator_level) over (partition by measure order by session_date)
            as decimal(18, 6)
        ) as ratio
    from levels
    where numerator_level is not null and denominator_level is not null
),

means as (
    select
        *,
        cast(lag(ratio, 63) over so_far as double) as ratio_63_back,
        case when count(*) over fifty = 50 then cast({{ exact_sum('ratio') }} over fifty as double) / 50 end as ratio_sma_50
    from ratios
    window
        so_far as (partition by measure order by session_date),
        fifty as (partition by measure order by session_date rows 49 preceding)
),

measured as (
    select
        measure,
        session_date,
        ratio,
        100 * (cast(ratio as double) / ratio_63_back - 1) as change_63d,
        ratio_sma_50,
        100 * (ratio_sma_50 / lag(ratio_sma_50, 20) over (partition by measure order by session_date) - 1) as slope
    from means
)

select
    levels.session_date,
    levels.measure,
    levels.numerator_id,
    levels.denominator_id,
    measured.ratio,
    levels.ratio_base_date,
    case
        when measured.ratio is not null then null
        when levels.price_basis is null then levels.missing_reason
        when levels.numerator_level is null then 'no close of ' || levels.numerator_id
        else 'no close of ' || levels.denominator_id
    end as ratio_reason,
    cast(measured.change_63d as decimal(18, 4)) as change_63d_pct,
    case when measured.ratio is null then 'no_ratio' when measured.change_63d is null then 'warm_up' end as change_63d_reason,
    cast(measured.ratio_sma_50 as decimal(18, 6)) as ratio_sma_50,
    case when measured.ratio is null then 'no_ratio' when measured.ratio_sma_50 is null then 'warm_up' end as ratio_sma_50_reason,
    cast(measured.slope as decimal(18, 4)) as slope_sma_50_20d_pct,
    case when measured.slope > 0 then 'rising' when measured.slope < 0 then 'falling' when measured.slope = 0 then 'flat' end as trend,
    case when measured.ratio is null then 'no_ratio' when measured.slope is null then 'warm_up' end as trend_reason,
    levels.price_basis,
    {{ derived_provenance(['levels.provenance']) }} as provenance
from levels
left join measured using (measure, session_date)
where levels.price_basis is null or levels.session_date >= levels.ratio_base_date
order by year(levels.session_date), levels.measure, levels.session_date
