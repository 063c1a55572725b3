-- What the values from filings rest on: members of each universe and month by how their filing, cap, EBIT, earnings and debt came about.
with
members as (
    select
        month_end, universe_id, known_on, provenance, count(*) over (partition by month_end, universe_id) as all_n,
        membership_basis, filing_status, coalesce(cap_method, cap_reason) as cap, coalesce(ebit_method, if(is_in_ev_ebit, 'none', 'left_out')) as ebit_method,
        coalesce(earnings_method, 'none') as earnings_method, coalesce(revenue_method, 'none') as ltm_method, coalesce(debt_method, 'no_balance_sheet') as debt_method,
        case when coalesce(is_behind, false) then 'behind' when is_53_weeks then '53_weeks' when has_several_tags then 'several_tags' else 'none' end as flag
    from {{ ref('int_member_fundamentals_monthly') }}
),

aspects as (
    {% for aspect in ['membership_basis', 'filing_status', 'cap', 'ebit_method', 'earnings_method', 'ltm_method', 'debt_method', 'flag'] %}
    select month_end, universe_id, '{{ aspect }}' as aspect, {{ aspect }} as outcome, all_n, known_on, provenance from members
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    month_end,
    universe_id,
    aspect,
    outcome,
    cast(count(*) as integer) as members_n,
    cast(100.0 * count(*) / max(all_n) as decimal(18, 4)) as members_pct,
    max(known_on) as known_on,
    case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
from aspects
group by month_end, universe_id, aspect, outcome
order by universe_id, month_end, aspect, outcome
