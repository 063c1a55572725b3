-- No company's market cap is known here yet: the shape that ranks are taken from.
select
    cast(null as date) as month_end,
    cast(null as bigint) as cik,
    cast(null as varchar) as symbol,
    cast(null as double) as cap_usd
where false
