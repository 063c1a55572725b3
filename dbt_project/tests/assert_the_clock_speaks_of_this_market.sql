-- Simulated and live data never meet: the working file is of the mode this run builds.
select source_mode
from {{ ref('stg_clock__day') }}
where source_mode <> '{{ target.name }}'
