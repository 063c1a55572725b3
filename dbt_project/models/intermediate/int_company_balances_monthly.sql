-- The newest balance sheet of each company known at each month end, one column an item. All items are of one day, the newest with total
-- assets: an item not on that sheet is empty, not carried over from an older one. No sheet older than the limit.
{% set items = ['assets', 'equity', 'equity_with_minority', 'cash', 'cash_and_short_term_investments', 'short_term_investments', 'debt_total',
    'long_term_debt', 'long_term_debt_noncurrent', 'long_term_debt_current', 'debt_current', 'short_term_borrowings', 'commercial_paper',
    'debt_due_1y', 'minority_interest', 'redeemable_minority_interest', 'preferred', 'redeemable_preferred'] %}
with
clock as (
    select as_of_date from {{ ref('stg_clock__day') }}
),

by_month as (
    select
        last_day(unnest(generate_series(
            date_trunc('month', facts.known_on),
            least(facts.superseded_on - 1, facts.period_end + {{ var('fundamentals_stale_days') }}, clock.as_of_date),
            interval 1 month
        ))) as month_end,
        facts.*,
        clock.as_of_date
    from {{ ref('int_company_facts') }} as facts
    cross join clock
    where facts.kind = 'instant'
),

sheets as (
    select
        month_end,
        cik,
        period_end as balance_date,
        {% for item in items %}
        arg_min(value, priority) filter (where concept = '{{ item }}') as {{ item }},
        {% endfor %}
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from by_month
    where month_end >= known_on and month_end < superseded_on
        and month_end <= period_end + {{ var('fundamentals_stale_days') }} and month_end <= as_of_date
    group by month_end, cik, period_end
    having bool_or(concept = 'assets')
)

select *
from sheets
qualify row_number() over (partition by month_end, cik order by balance_date desc) = 1
