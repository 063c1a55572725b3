-- dim_metric names tables and columns that exist.
select metrics.metric_id, metrics.table_name, metrics.column_name
from {{ ref('dim_metric') }} as metrics
anti join duckdb_columns() as columns
    on columns.database_name = '{{ target.database }}' and columns.schema_name = 'marts'
    and columns.table_name = metrics.table_name and columns.column_name = metrics.column_name
{% for mart in measured_marts() %}
-- depends_on: {{ ref(mart) }}
{% endfor %}
