-- The rank of a sector is one more than the number of sectors with a higher return. Looked at on the newest session, in all horizons.
select own.session_date, own.sector, own.horizon, own.rank, count(other.sector) as better_n
from {{ ref('fct_sector_performance_daily') }} as own
left join {{ ref('fct_sector_performance_daily') }} as other
    on other.session_date = own.session_date and other.horizon = own.horizon and other.price_basis = own.price_basis
    and other.return_pct > own.return_pct
where own.session_date = (select max(session_date) from {{ ref('fct_sector_performance_daily') }}) and own.return_pct is not null
group by all
having own.rank <> better_n + 1
