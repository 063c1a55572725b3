-- What share of each list of members the bridge leads to a registrant of the SEC, by count and by weight, and by which way.
select
    universe_id,
    basis as membership_basis,
    source_id,
    accession,
    list_date,
    max(known_on) as known_on,
    max(snapshot_date) as snapshot_date,
    cast(count(*) as integer) as equities_n,
    cast(count(cik) as integer) as matched_n,
    {% for way in ['ticker', 'cusip', 'name'] %}
    cast(count(*) filter (where matched_by = '{{ way }}') as integer) as by_{{ way }}_n,
    {% endfor %}
    case when max(snapshot_date) is not null then cast(100 * coalesce({{ exact_sum('weight_pct') }} filter (where cik is not null), 0) / nullif({{ exact_sum('weight_pct') }}, 0) as decimal(18, 4)) end as matched_weight_pct,
    case when max(snapshot_date) is not null then cast(
        100 * coalesce({{ exact_sum('weight_pct') }} filter (where matched_by = 'ticker' and not is_name_alike), 0) / nullif({{ exact_sum('weight_pct') }}, 0)
        as decimal(18, 4)
    ) end as unlike_weight_pct,
    case
        when max(snapshot_date) is null then 'no_registrants_held'
        when count(weight_pct) = 0 then 'no_weights'
    end as reason,
    any_value({{ derived_provenance(['provenance']) }}) as provenance
from {{ ref('int_list_companies') }}
group by universe_id, basis, source_id, accession, list_date
order by universe_id, list_date, membership_basis, source_id, accession
