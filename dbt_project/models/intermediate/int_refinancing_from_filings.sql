-- Debt of a universe's companies by their filings, financials left out: how many do not earn their interest, how much falls due within a
-- year, and what one point of interest more on the floating part would do. The floating share is assumed, and stated.
with
members as (
    select
        fundamentals.*,
        cast(ebit_usd as double) as ebit,
        cast(interest_expense_usd as double) as interest,
        cast(debt_usd as double) as debt,
        cast(debt_due_1y_usd as double) as due_1y,
        case universes.size_segment
            {% for segment, share in var('floating_share_pct').items() %}when '{{ segment }}' then {{ share }}
            {% endfor %}
        end as floating_share_pct
    from {{ ref('int_member_fundamentals_monthly') }} as fundamentals
    join {{ ref('universes') }} as universes using (universe_id)
    where fundamentals.is_in_ev_ebit
),

covers as (
    select
        *,
        case when interest > 0 then ebit / interest end as cover,
        case when interest > 0 then ebit / (interest + 0.01 * floating_share_pct / 100 * debt) end as dearer_cover,
        -- Answered: a cover, or no debt to cover.
        coalesce(interest > 0 and ebit is not null, false) or coalesce(debt = 0 and coalesce(interest, 0) = 0, false) as is_answered
    from members
),

summed as (
    select
        month_end,
        universe_id,
        100.0 * count(*) filter (where cover < 1) / nullif(count(cover), 0) as below_1_pct,
        100 * cast({{ exact_sum('least(due_1y, debt)') }} filter (where debt > 0) as double)
            / nullif(cast({{ exact_sum('debt') }} filter (where debt > 0 and due_1y is not null) as double), 0) as due_1y_pct,
        median(cover) as median_cover,
        median(dearer_cover) - median(cover) filter (where dearer_cover is not null) as cover_change,
        max(floating_share_pct) as floating_share_pct,
        count(cover) as n,
        case
            when count(*) = count(weight_pct) then 100 * cast(coalesce({{ exact_sum('weight_pct') }} filter (where is_answered), 0) as double) / nullif(cast({{ exact_sum('weight_pct') }} as double), 0)
            else 100.0 * count(*) filter (where is_answered) / count(*)
        end as coverage_pct,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from covers
    group by month_end, universe_id
)

select
    month_end,
    universe_id,
    'rotation_filings' as source_id,
    case when is_enough then below_1_pct end as interest_cover_below_1_pct,
    case when is_enough then due_1y_pct end as debt_due_1y_pct,
    case when is_enough then median_cover end as median_interest_cover,
    case when is_enough then cover_change end as cover_change_per_100bp,
    case when is_enough then cast(floating_share_pct as double) end as floating_share_pct,
    n,
    coverage_pct,
    known_on,
    provenance
from (select *, coverage_pct >= {{ var('valuation_min_coverage_pct') }} as is_enough from summed)
