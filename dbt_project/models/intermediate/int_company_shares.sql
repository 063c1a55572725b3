-- Shares outstanding as filings state them, all classes of a company together: the cover page first (one figure, or the classes one
-- by one, added up), else the balance sheet, else the average of the period. One row a company, day counted and filing.
with
cover as (
    -- Data sets round a day to the nearest end of a month, which may lie after the filing: nobody counted later than that.
    select cik, least(period_end, filed_on) as period_end, accession, value as shares, 1 as classes_n, 'cover_page' as shares_method, 1 as method_no, known_on, provenance
    from {{ ref('int_company_facts') }}
    where concept = 'shares_cover'
),

classes as (
    select cik, least(period_end, filed_on) as period_end, accession, segments, arg_max(cast(value as decimal(38, 4)), (pulled_at, period_end, value)) as value,
        max(known_on) as known_on,
        case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from {{ ref('stg_sec__segment_facts') }}
    where taxonomy = 'dei' and tag = 'EntityCommonStockSharesOutstanding' and unit = 'shares' and coregistrant = ''
        and known_on <= (select as_of_date from {{ ref('stg_clock__day') }})
        and not regexp_matches(form, '^(20-F|40-F|6-K)')
        -- One axis, and it is the class of stock.
        and regexp_matches(segments, '^[^;]*ClassOfStock[^;]*;?$')
    group by cik, least(period_end, filed_on), accession, segments
),

added_up as (
    select
        cik, period_end, accession, sum(value) as shares, count(*) as classes_n, 'cover_page_by_class' as shares_method, 2 as method_no,
        max(known_on) as known_on, case when bool_or(provenance = 'simulated') then 'simulated' else 'derived' end as provenance
    from classes
    group by cik, period_end, accession
),

others as (
    select
        cik, period_end, accession, value, 1, if(concept = 'shares_balance', 'balance_sheet', 'period_average'),
        if(concept = 'shares_balance', 3, 4), known_on, provenance
    from {{ ref('int_company_facts') }}
    where concept in ('shares_balance', 'shares_average') and (concept = 'shares_balance' or period_end - period_start between 75 and 380)
)

select cik, period_end as shares_date, accession, shares, classes_n, shares_method, method_no, known_on, {{ derived_provenance(['provenance']) }} as provenance
from (select * from cover union all select * from added_up union all select * from others)
where shares > 0
