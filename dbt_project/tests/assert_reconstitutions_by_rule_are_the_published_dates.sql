-- Every published date of a Russell reconstitution since 2007 follows from the rule of its year, and the rule gives no other in those years.
with
published as (
    select event_date from {{ ref('events') }} where kind = 'reconstitution' and event_date >= date '2007-01-01'
),

by_rule as (
    select
        cast(
            make_date(years.y, rules.effective_month, 1)
            + cast((12 - dayofweek(make_date(years.y, rules.effective_month, 1))) % 7 + 7 * (rules.effective_friday - 1) as integer)
            as date
        ) as event_date
    from {{ ref('reconstitution_rules') }} as rules
    join range(2007, 2100) as years(y) on years.y between rules.first_year and rules.last_year
    where rules.market = 'observed' and years.y <= (select max(year(event_date)) from published)
)

select event_date
from published
full join by_rule using (event_date)
where published.event_date is null or by_rule.event_date is null
