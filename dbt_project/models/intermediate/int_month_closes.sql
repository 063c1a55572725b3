{{ config(materialized='carried', unique_key=['collection', 'symbol', 'month_end'], day_column='month_end') }}
-- The last bar of each company in each month, by the collection it was given in with; the month at work is among them. Carried: the months
-- from the earliest day that something came of are derived again.
with
bars as (
    select bars.*, last_day(bars.session_date) as month_end
    from {{ latest_known(
        '(select * from ' ~ ref('stg_drop__bars') ~ " where collection <> 'instruments' and session_date >= cast(date_trunc('month', " ~ carried_from() ~ ') as date))',
        ['collection', 'symbol', 'session_date'],
    ) }} as bars
    semi join {{ ref('int_sessions') }} as sessions using (session_date)
)

select
    collection,
    symbol,
    month_end,
    max(session_date) as session_date,
    arg_max(close, session_date) as close,
    arg_max(volume, session_date) as volume,
    arg_max(close_basis, session_date) as close_basis,
    arg_max(provenance, session_date) as provenance
from bars
group by collection, symbol, month_end
