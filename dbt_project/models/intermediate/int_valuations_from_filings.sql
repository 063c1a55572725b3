-- Valuation of each universe from its members' caps and filings, on every definition. A value that rests on too little of the universe's
-- market cap is withheld, and a multiple of earnings that are not positive is not meaningful.
{% set members = [
    ('earnings', 'net_income_to_common_usd', 'cap_usd', 'true'),
    ('ebit', 'ebit_usd', 'ev_usd', 'is_in_ev_ebit'),
    ('book', 'book_equity_usd', 'cap_usd', 'true'),
    ('sales', 'revenue_usd', 'cap_usd', 'true'),
] %}
{% set definitions = [
    ('pe', 'earnings', 'aggregate', 'included', 'gaap_net_to_common'),
    ('pe', 'earnings', 'aggregate', 'excluded', 'gaap_net_to_common'),
    ('pe', 'earnings', 'harmonic_capped', 'excluded', 'gaap_net_to_common'),
    ('pe', 'earnings', 'median', 'excluded', 'gaap_net_to_common'),
    ('earnings_yield', 'earnings', 'aggregate', 'included', 'gaap_net_to_common'),
    ('ev_ebit', 'ebit', 'median', 'excluded', 'ebit'),
    ('ev_ebit', 'ebit', 'aggregate', 'included', 'ebit'),
    ('pb', 'book', 'aggregate', 'included', 'book_equity'),
    ('ps', 'sales', 'aggregate', 'included', 'revenue'),
] %}
with
priced as (
    {% for base, column, price, kept in members %}
    select
        month_end, universe_id, '{{ base }}' as base_name, weight_pct, cap_usd, {{ price }} as price, cast({{ column }} as decimal(38, 4)) as base,
        membership_basis,
        {{ price }} is not null and {{ column }} is not null as is_there,
        -- Without losses: neither price nor base of a company whose multiple would not be positive.
        {{ price }} > 0 and {{ column }} > 0 as is_positive,
        known_on, provenance
    from {{ ref('int_member_fundamentals_monthly') }}
    where {{ kept }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

summed as (
    select
        month_end,
        universe_id,
        base_name,
        count(*) as members_n,
        count(*) filter (where is_there) as there_n,
        count(*) filter (where is_there and is_positive) as positive_n,
        cast({{ exact_sum('price') }} filter (where is_there) as double) as price_all,
        cast({{ exact_sum('price') }} filter (where is_there and is_positive) as double) as price_positive,
        cast(sum(base) filter (where is_there) as double) as base_all,
        cast(sum(base) filter (where is_there and is_positive) as double) as base_positive,
        cast({{ exact_sum('price / least(price / cast(base as double), ' ~ var('harmonic_pe_cap') ~ ')') }}
            filter (where is_there and is_positive) as double) as capped_earnings,
        median(price / cast(base as double)) filter (where is_there and is_positive) as median_multiple,
        -- Weights of the list where all members have one; else caps, and a member without a cap counts as an average one.
        case
            when count(*) = count(weight_pct)
                then 100 * cast(coalesce({{ exact_sum('weight_pct') }} filter (where is_there), 0) as double) / nullif(cast({{ exact_sum('weight_pct') }} as double), 0)
            else 100 * coalesce(cast({{ exact_sum('cap_usd') }} filter (where is_there) as double) / nullif(cast({{ exact_sum('cap_usd') }} as double), 0), 0)
                * count(cap_usd) / count(*)
        end as coverage_pct,
        any_value(membership_basis) as membership_basis,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from priced
    group by month_end, universe_id, base_name
),

defined as (
    {% for metric, base, aggregation, losses, earnings in definitions %}
    select
        summed.*,
        '{{ metric }}' as metric,
        '{{ aggregation }}' as aggregation,
        '{{ losses }}' as loss_treatment,
        '{{ earnings }}' as earnings_definition,
        {% if metric == 'earnings_yield' %} 100 * base_all / nullif(price_all, 0)
        {% elif aggregation == 'median' %} median_multiple
        {% elif aggregation == 'harmonic_capped' %} price_positive / nullif(capped_earnings, 0)
        {% elif losses == 'excluded' %} price_positive / nullif(base_positive, 0)
        {% else %} case when base_all > 0 and price_all > 0 then price_all / base_all end
        {% endif %} as computed,
        {{ 'positive_n' if losses == 'excluded' else 'there_n' }} as n_used,
        {{ 'there_n - positive_n' if losses == 'excluded' else '0' }} as n_loss
    from summed
    where base_name = '{{ base }}'
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    month_end,
    universe_id,
    metric,
    'ltm' as basis,
    aggregation,
    loss_treatment,
    if(base_name = 'ebit', 'excluded', 'included') as financials_treatment,
    earnings_definition,
    case when coverage_pct >= {{ var('valuation_min_coverage_pct') }} then computed end as value,
    case
        when coalesce(coverage_pct, 0) < {{ var('valuation_min_coverage_pct') }} then 'insufficient_coverage'
        when computed is null then 'not_meaningful'
        else 'ok'
    end as value_status,
    n_used,
    n_loss,
    members_n - there_n as n_missing,
    coverage_pct as weight_coverage_pct,
    membership_basis,
    'rotation_filings' as source_id,
    greatest(known_on, (select max(session_date) from {{ ref('int_sessions') }} where session_date <= month_end)) as known_on,
    provenance
from defined
