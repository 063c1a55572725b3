-- A cycle begins where the one before it ends, with the other leader; only the last is open.
select *
from (
    select
        cycle_no, leader, start_date, end_date,
        lead(start_date) over (order by cycle_no) as next_start,
        lead(leader) over (order by cycle_no) as next_leader
    from {{ ref('fct_leadership_cycles') }}
)
where end_date is distinct from next_start or leader = next_leader
