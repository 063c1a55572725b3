select
    metric_id,
    title,
    formula,
    unit,
    exclusions,
    reference,
    table_name,
    column_name,
    clock.as_of_date,
    'derived' as provenance
from {{ ref('metrics') }}
cross join {{ ref('stg_clock__day') }} as clock
order by table_name, metric_id
