-- What a component or flag names as its input is a series, an instrument or a universe we know, or what filings give (the source_id of
-- values computed from them).
select input_ids, input_id
from (
    select input_ids, unnest(string_split(input_ids, ' ')) as input_id from {{ ref('scorecard_components') }}
    union all
    select input_ids, unnest(string_split(input_ids, ' ')) from {{ ref('risk_flags') }} where input_ids <> ''
)
where input_id not in (select series_id from {{ ref('series_catalog') }})
    and input_id <> 'rotation_filings'
