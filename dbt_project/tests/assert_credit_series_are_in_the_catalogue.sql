-- The credit seed names FRED series of the catalogue, and no others.
select credit.series_id
from {{ ref('credit_series') }} as credit
anti join {{ ref('series_catalog') }} as series on series.series_id = credit.series_id and series.provider = 'fred'
