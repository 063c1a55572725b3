-- What is known of a company at a month end: twelve months of its flows, its last balance sheet, and what is made of them by ordered
-- methods, each with the method's name. Not for prices, universes or sectors.
{% set flows = ['revenue', 'operating_income', 'pretax_income', 'interest_expense', 'income_tax', 'net_income', 'net_income_to_common',
    'profit_loss', 'minority_income', 'preferred_dividends', 'revenue_home'] %}
with
flows as (
    select
        month_end,
        cik,
        {% for flow in flows %}
        max(value) filter (where concept = '{{ flow }}') as {{ flow }},
        max(period_end) filter (where concept = '{{ flow }}' and value is not null) as {{ flow }}_end,
        max(ltm_status) filter (where concept = '{{ flow }}') as {{ flow }}_status,
        max(ltm_method) filter (where concept = '{{ flow }}') as {{ flow }}_method,
        {% endfor %}
        bool_or(is_behind) filter (where concept in ('revenue', 'net_income')) as is_behind,
        bool_or(has_several_tags) filter (where value is not null) as has_several_tags,
        bool_or(is_53_weeks) filter (where value is not null) as is_53_weeks,
        max(newest_period_end) as newest_period_end,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from {{ ref('int_company_ltm_monthly') }}
    group by month_end, cik
),

-- Income of one span only: parts of different twelve months are not added.
incomes as (
    select
        *,
        if(net_income_to_common_end >= coalesce(net_income_end, net_income_to_common_end), net_income_to_common, null) as stated_to_common,
        coalesce(net_income, profit_loss - coalesce(if(minority_income_end = profit_loss_end, minority_income, null), 0)) as to_parent,
        coalesce(if(net_income is not null, net_income_end, null), profit_loss_end) as to_parent_end,
        if(interest_expense_end = pretax_income_end, interest_expense, null) as interest_of_pretax
    from flows
),

made as (
    select
        month_end,
        cik,
        coalesce(stated_to_common, to_parent - if(preferred_dividends_end = to_parent_end, preferred_dividends, 0)) as earnings,
        case
            when stated_to_common is not null then 'stated_to_common'
            when net_income is not null and preferred_dividends_end = to_parent_end then 'net_income_less_preferred_dividends'
            when net_income is not null then 'net_income'
            when profit_loss is not null then 'profit_less_minority'
        end as earnings_method,
        coalesce(if(stated_to_common is not null, net_income_to_common_end, null), to_parent_end) as earnings_end,
        case
            when operating_income is not null then operating_income
            when pretax_income + interest_of_pretax is not null then pretax_income + interest_of_pretax
            when to_parent_end = income_tax_end and to_parent_end = interest_expense_end
                then coalesce(if(profit_loss_end = to_parent_end, profit_loss, null), to_parent) + income_tax + interest_expense
        end as ebit,
        case
            when operating_income is not null then 'operating_income'
            when pretax_income + interest_of_pretax is not null then 'pretax_plus_interest'
            when to_parent_end = income_tax_end and to_parent_end = interest_expense_end then 'net_income_plus_tax_and_interest'
        end as ebit_method,
        coalesce(operating_income_end, if(interest_of_pretax is not null, pretax_income_end, to_parent_end)) as ebit_end
    from incomes
),

debts as (
    select
        *,
        -- No part twice: DebtCurrent holds the current part of long-term debt, LongTermDebt holds it too, ShortTermBorrowings holds commercial paper.
        coalesce(short_term_borrowings, commercial_paper) as short_term,
        coalesce(long_term_debt_noncurrent, long_term_debt - long_term_debt_current) as noncurrent
    from {{ ref('int_company_balances_monthly') }}
),

sheets as (
    select
        *,
        case
            when debt_total is not null then debt_total
            when noncurrent is not null then noncurrent + coalesce(debt_current, coalesce(long_term_debt_current, 0) + coalesce(short_term, 0))
            when long_term_debt is not null then long_term_debt + coalesce(short_term, 0)
            else coalesce(debt_current, long_term_debt_current + coalesce(short_term, 0), short_term)
        end as debt,
        case
            when debt_total is not null then 'stated_total'
            when noncurrent is not null then 'noncurrent_plus_current'
            when long_term_debt is not null then 'long_term_plus_short_term'
            when coalesce(debt_current, long_term_debt_current, short_term) is not null then 'current_only'
            else 'none_stated'
        end as debt_method,
        -- What is due within a year is the current debt of the sheet; the schedule of maturities where the sheet has none.
        coalesce(debt_current, long_term_debt_current + coalesce(short_term, 0), short_term, debt_due_1y) as due_1y,
        -- Cash with its short-term investments: as one figure, or one by one.
        coalesce(cash_and_short_term_investments, cash + coalesce(short_term_investments, 0)) as liquid,
        -- What minorities hold inside equity, and what they may give back, which stands outside of it.
        coalesce(minority_interest, if(equity_with_minority > equity, equity_with_minority - equity, null), 0) as minority_in_equity,
        minority_in_equity + coalesce(redeemable_minority_interest, 0) as minority,
        coalesce(preferred, 0) + coalesce(redeemable_preferred, 0) as preferred_stock
    from debts
)

select
    coalesce(flows.month_end, sheets.month_end) as month_end,
    coalesce(flows.cik, sheets.cik) as cik,
    flows.revenue as revenue_usd,
    flows.revenue_end,
    flows.revenue_status,
    flows.revenue_method,
    -- Revenue at home counts beside all revenue of the same twelve months; data sets round a period's end to the nearest end of a month.
    case when abs(flows.revenue_home_end - flows.revenue_end) <= 16 then flows.revenue_home end as revenue_home_usd,
    made.earnings as net_income_to_common_usd,
    made.earnings_end as net_income_end,
    made.earnings_method,
    case
        when made.earnings is not null then 'ok'
        else coalesce(flows.net_income_status, flows.net_income_to_common_status, flows.profit_loss_status, 'not_reported')
    end as net_income_status,
    made.ebit as ebit_usd,
    made.ebit_end,
    made.ebit_method,
    case when made.ebit is not null then 'ok' else coalesce(flows.operating_income_status, flows.pretax_income_status, 'not_reported') end as ebit_status,
    flows.interest_expense as interest_expense_usd,
    flows.interest_expense_end,
    flows.newest_period_end,
    coalesce(flows.is_behind, false) as is_behind,
    coalesce(flows.has_several_tags, false) as has_several_tags,
    coalesce(flows.is_53_weeks, false) as is_53_weeks,
    sheets.balance_date,
    sheets.assets as assets_usd,
    -- Book value of common holders: what belongs to preferred holders inside equity is taken out.
    coalesce(sheets.equity, sheets.equity_with_minority - sheets.minority_in_equity) - coalesce(sheets.preferred, 0) as book_equity_usd,
    sheets.liquid as cash_and_short_term_investments_usd,
    case when sheets.balance_date is not null then coalesce(sheets.debt, 0) end as debt_usd,
    sheets.debt_method,
    sheets.due_1y as debt_due_1y_usd,
    sheets.minority as minority_interest_usd,
    sheets.preferred_stock as preferred_usd,
    greatest(flows.known_on, sheets.known_on) as known_on,
    case when 'simulated' in (coalesce(flows.provenance, ''), coalesce(sheets.provenance, '')) then 'simulated' else 'derived' end as provenance
from flows
left join made using (month_end, cik)
full join sheets on sheets.month_end = flows.month_end and sheets.cik = flows.cik
