-- A mean of n years times n, less the mean of the n - 1 years before times n - 1, is the premium of the last year.
select today.definition, today.vintage, today.excludes, today.end_year, today.premium_pct, years.kept_pct
from {{ ref('fct_size_premium') }} as today
join {{ ref('fct_size_premium') }} as before
    on before.definition = today.definition and before.vintage = today.vintage and before.excludes = today.excludes
    and before.averaging = today.averaging and before.span = today.span and before.end_year = today.end_year - 1
join {{ ref('int_size_premium_years') }} as years
    on years.definition = today.definition and years.vintage = today.vintage and years.excludes = today.excludes and years.year = today.end_year
where today.averaging = 'arithmetic' and today.span = 'full'
    and abs(today.premium_pct * today.n_years - before.premium_pct * before.n_years - coalesce(years.kept_pct, 0)) > 0.0001 * today.n_years
