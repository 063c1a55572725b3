-- Circular moving blocks: each draw lays blocks of months end to end, from starts that a hash gives, until it is as long as the sample.
-- Sums of a block are differences of running sums over the sample laid twice, in decimals: the same on every machine.
{% set quintiles = range(1, 6) %}
with
sample_sizes as (
    select component, horizon, max(month_no) as months_n, greatest({{ var('evidence_min_block_months') }}, 2 * max(horizon_months)) as block_months
    from {{ ref('int_scorecard_months') }}
    group by component, horizon
),

laid_twice as (
    select component, horizon, month_no + lap.lap_no * months_n as position, quintile, excess_pp
    from {{ ref('int_scorecard_months') }}
    join sample_sizes using (component, horizon)
    cross join (values (0), (1)) as lap (lap_no)
),

running as (
    select
        component, horizon, position
        {% for q in quintiles %}
        , coalesce(sum(excess_pp) filter (where quintile = {{ q }}) over so_far, 0) as sum_{{ q }}
        , count(*) filter (where quintile = {{ q }}) over so_far as n_{{ q }}
        {% endfor %}
    from laid_twice
    window so_far as (partition by component, horizon order by position)

    union all
    select component, horizon, 0 {% for q in quintiles %}, 0, 0{% endfor %} from sample_sizes
),

draws as (
    select unnest(range(1, {{ var('evidence_draws') }} + 1)) as draw_no
),

blocks as (
    select
        component, horizon, draw_no,
        cast(md5_number_lower(concat_ws('|', '{{ var('evidence_seed') }}', component, draw_no, block_no)) % months_n as integer) as first_position,
        first_position + least(block_months, months_n - block_no * block_months) as last_position
    from (
        select *, unnest(range(0, cast(ceil(months_n / block_months) as bigint))) as block_no
        from sample_sizes
        cross join draws
    )
),

drawn as (
    select
        component, horizon, draw_no
        {% for q in quintiles %}
        , cast(sum(ends.sum_{{ q }} - starts.sum_{{ q }}) as double) / nullif(sum(ends.n_{{ q }} - starts.n_{{ q }}), 0) as mean_{{ q }}
        {% endfor %}
    from blocks
    join running as starts using (component, horizon)
    join running as ends using (component, horizon)
    where starts.position = blocks.first_position and ends.position = blocks.last_position
    group by component, horizon, draw_no
)

select component, horizon, draw_no, {% for q in quintiles %}mean_{{ q }}, {% endfor %} mean_5 - mean_1 as spread
from drawn
order by component, horizon, draw_no
