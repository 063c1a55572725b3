-- Percentile and z look back over the months held up to the row's own, on the same definition and the same two sources.
with paired as (
    select
        *,
        count(relative) over held as window_n,
        min(month_end) filter (where relative is not null) over held as window_start,
        100.0 * len(list_filter(list(relative) filter (where relative is not null) over held, lambda past: past <= relative))
            / nullif(count(relative) over held, 0) as percentile,
        (relative - avg(relative) over held) / nullif(stddev_samp(relative) over held, 0) as z_score,
        -- The same month, pair and metric on every treatment: is small cheap on some and dear on others.
        list(aggregation || ' ' || loss_treatment) filter (where relative < 1) over treatments as cheap_on,
        list(aggregation || ' ' || loss_treatment) filter (where relative > 1) over treatments as dear_on,
        -- A window of equal values has no spread, whatever the last bit of its deviation says.
        max(relative) over held > min(relative) over held as has_spread
    from {{ ref('int_discounts_monthly') }}
    window held as (
        partition by small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment,
            small_source_id, large_source_id, small_earnings_definition, small_financials_treatment
        order by month_end
    ),
    treatments as (partition by month_end, small_universe_id, large_universe_id, metric, basis)
)

select
    month_end,
    small_universe_id,
    large_universe_id,
    metric,
    basis,
    aggregation,
    loss_treatment,
    small_source_id,
    large_source_id,
    cast(small_value as decimal(18, 4)) as small_value,
    cast(large_value as decimal(18, 4)) as large_value,
    cast(relative as decimal(18, 6)) as relative,
    cast((1 - relative) * 100 as decimal(18, 4)) as discount_pct,
    refusal_reason,
    case when relative is not null then coalesce(len(if(relative < 1, dear_on, cheap_on)) > 0, false) and relative <> 1 end as is_sign_flipped,
    case
        when relative < 1 then array_to_string(list_sort(dear_on), ', ')
        when relative > 1 then array_to_string(list_sort(cheap_on), ', ')
    end as flipped_on,
    cast(case when window_n >= {{ var('discount_window_min_months') }} then percentile end as decimal(18, 4)) as percentile,
    cast(case when window_n >= {{ var('discount_window_min_months') }} and has_spread then z_score end as decimal(18, 4)) as z_score,
    case
        when relative is null then 'refused'
        when window_n < {{ var('discount_window_min_months') }} then 'fewer_than_{{ var('discount_window_min_months') }}_months'
        when not has_spread then 'no_spread'
    end as window_reason,
    case when relative is not null then window_start end as window_start,
    cast(case when relative is not null then datediff('month', window_start, month_end) / 12.0 end as decimal(18, 4)) as window_years,
    cast(case when relative is not null then window_n end as integer) as window_n,
    case when relative is not null then datediff('month', window_start, month_end) < 12 * {{ var('discount_window_years') }} end as is_window_truncated,
    known_on,
    provenance
from paired
order by small_universe_id, large_universe_id, metric, month_end, basis, aggregation, loss_treatment
