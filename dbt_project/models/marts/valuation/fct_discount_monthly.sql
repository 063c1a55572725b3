-- Percentile and z look back over the months up to the row's own that were known when its own value was, on the same definition and the
-- same two sources: a month that arrives late moves no percentile that was published without it. Sums in decimals: a rounding must not
-- depend on the order of the rows.
with
joined as (
    select
        *,
        -- The same month, pair, metric and sources on every treatment known by the row's day: is small cheap on some and dear on others.
        list(aggregation || ' ' || loss_treatment) filter (where relative < 1) over treatments as cheap_on,
        list(aggregation || ' ' || loss_treatment) filter (where relative > 1) over treatments as dear_on
    from {{ ref('int_discounts_monthly') }}
    window treatments as (partition by month_end, small_universe_id, large_universe_id, metric, basis, small_source_id, large_source_id order by known_on)
),

held as (
    select
        own.month_end, own.small_universe_id, own.large_universe_id, own.metric, own.basis, own.aggregation, own.loss_treatment,
        own.small_source_id, own.large_source_id,
        count(*) as window_n,
        min(past.month_end) as window_start,
        100.0 * count(*) filter (where past.relative <= own.relative) / count(*) as percentile,
        cast({{ exact_sum('past.relative') }} as double) as total,
        cast({{ exact_sum('past.relative * past.relative') }} as double) as total_of_squares,
        max(past.relative) > min(past.relative) as has_spread
    from joined as own
    join joined as past
        on past.small_universe_id = own.small_universe_id and past.large_universe_id = own.large_universe_id
        and past.metric = own.metric and past.basis = own.basis and past.aggregation = own.aggregation
        and past.loss_treatment = own.loss_treatment and past.small_source_id = own.small_source_id and past.large_source_id = own.large_source_id
        and past.small_earnings_definition is not distinct from own.small_earnings_definition
        and past.small_financials_treatment is not distinct from own.small_financials_treatment
        and past.month_end <= own.month_end and past.known_on <= own.known_on
    where own.relative is not null and past.relative is not null
    group by all
),

paired as (
    select
        joined.*,
        coalesce(held.window_n, 0) as window_n,
        held.window_start,
        held.percentile,
        (joined.relative - held.total / held.window_n)
            / nullif(sqrt(greatest(held.total_of_squares - held.total * held.total / held.window_n, 0) / nullif(held.window_n - 1, 0)), 0) as z_score,
        -- A window of equal values has no spread, whatever the last bit of its deviation says.
        coalesce(held.has_spread, false) as has_spread
    from joined
    left join held
        using (month_end, small_universe_id, large_universe_id, metric, basis, aggregation, loss_treatment, small_source_id, large_source_id)
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
order by small_universe_id, large_universe_id, metric, month_end, basis, aggregation, loss_treatment, small_source_id, large_source_id
