-- Companies of a universe at each month end with market cap, fundamentals and enterprise value; the classes of one company are one row.
-- A member that no filer was found for is a row of its own, so that it counts as missing.
with
members as (
    select
        month_end,
        universe_id,
        cik,
        if(cik is null, symbol, null) as unknown_symbol,
        string_agg(symbol, ' ' order by symbol) as symbols,
        min(sector) as sector,
        any_value(membership_basis) as membership_basis,
        -- A weight missing on one line is a weight missing.
        if(count(*) = count(weight_pct), cast({{ exact_sum('weight_pct') }} as double), null) as weight_pct,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from {{ ref('int_memberships_monthly') }}
    group by all
),

-- Nothing is known of a month end before the month's last session.
last_sessions as (
    select last_day(session_date) as month_end, max(session_date) as last_session_date
    from {{ ref('int_sessions') }}
    group by last_day(session_date)
),

joined as (
    select
        members.month_end,
        last_sessions.last_session_date,
        members.universe_id,
        members.cik,
        members.symbols,
        members.sector,
        members.membership_basis,
        members.weight_pct,
        caps.symbol as priced_symbol,
        caps.cap_usd,
        case when members.cik is null then 'no_filer_found' when caps.cik is null then 'no_price' else caps.cap_reason end as cap_reason,
        caps.cap_method,
        profiles.sic,
        -- Without an industry code the list's sector decides.
        coalesce(profiles.sic between 6000 and 6799, lower(members.sector) like 'financ%' or lower(members.sector) like 'real estate%') as is_financial,
        coalesce(profiles.sic = 6798, lower(members.sector) like 'real estate%', false) as is_reit,
        coalesce(
            lower(members.sector) like 'health%',
            profiles.sic between 2833 and 2836 or profiles.sic between 3841 and 3851 or profiles.sic between 8000 and 8099 or profiles.sic in (3826, 5122, 5912, 8071, 8731),
            false
        ) as is_health_care,
        coalesce(profiles.is_foreign, false) as is_foreign,
        facts.* exclude (month_end, cik, known_on, provenance),
        greatest(members.known_on, caps.known_on, facts.known_on, last_sessions.last_session_date) as known_on,
        case when 'simulated' in (members.provenance, coalesce(caps.provenance, ''), coalesce(facts.provenance, '')) then 'simulated' else 'derived' end as provenance
    from members
    left join last_sessions on last_sessions.month_end = members.month_end
    left join {{ ref('int_company_caps_monthly') }} as caps on caps.month_end = members.month_end and caps.cik = members.cik
    asof left join {{ ref('int_company_profiles') }} as profiles
        -- DuckDB 1.5 matches an empty key in an asof join with anything, so none is left empty.
        on profiles.cik = coalesce(members.cik, -1) and profiles.known_on <= members.month_end
    left join {{ ref('int_company_fundamentals_monthly') }} as facts
        on facts.month_end = members.month_end and facts.cik = members.cik and not coalesce(profiles.is_foreign, false)
)

select
    joined.*,
    not coalesce(is_financial, false) or (is_reit and {{ 'true' if var('ev_ebit_includes_reits') else 'false' }}) as is_in_ev_ebit,
    cap_usd + cast(
        debt_usd + preferred_usd + minority_interest_usd - cash_and_short_term_investments_usd as double
    ) as ev_usd,
    case
        when is_foreign then 'foreign_filer'
        when cik is null then 'no_filer_found'
        when net_income_status is null then 'no_facts'
        else net_income_status
    end as filing_status
from joined
