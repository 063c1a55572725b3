-- The cube: every definition and vintage, to the end of every year of the file, over the whole file and shorter spans.
with
years as (
    select * from {{ ref('int_size_premium_years') }}
),

files as (
    select definition, vintage, excludes, min(year) as first_year, max(known_on) as known_on, max(provenance) as provenance
    from years
    group by definition, vintage, excludes
),

spans as (
    select definition, vintage, excludes, year as end_year, 'full' as span, first_year as start_year
    from years
    join files using (definition, vintage, excludes)
    where year - first_year + 1 >= 10
    {% for length in var('size_premium_span_years') %}
    union all
    -- Where a shorter span is the whole file it is called that, and no two rows say the same.
    select definition, vintage, excludes, year, 'last_{{ length }}', year - {{ length - 1 }}
    from years
    join files using (definition, vintage, excludes)
    where year - {{ length - 1 }} > first_year
    {% endfor %}
),

-- Sums in decimals: a rounding must not depend on the order of the rows.
summed as (
    select
        definition, vintage, excludes, span, start_year, end_year, averaging,
        count(kept_pct) as n_years,
        count(all_value) as all_n,
        bool_or(is_lost) as is_lost,
        cast({{ exact_sum('value') }} as double) as total,
        cast({{ exact_sum('value * value') }} as double) as total_of_squares,
        max(value) > min(value) as has_spread,
        cast({{ exact_sum('all_value') }} as double) as all_total
    from (
        select
            spans.*,
            averaging.averaging,
            kept_pct,
            averaging.averaging = 'geometric' and least(coalesce(kept_pct, 0), all_pct) <= -100 as is_lost,
            case when averaging.averaging = 'arithmetic' then kept_pct when kept_pct > -100 then ln(1 + kept_pct / 100) end as value,
            case when averaging.averaging = 'arithmetic' then all_pct when all_pct > -100 then ln(1 + all_pct / 100) end as all_value
        from spans
        join years
            on years.definition = spans.definition and years.vintage = spans.vintage and years.excludes = spans.excludes
            and years.year between spans.start_year and spans.end_year
        cross join (values ('arithmetic'), ('geometric')) as averaging (averaging)
    )
    group by definition, vintage, excludes, span, start_year, end_year, averaging
    -- A span with a year missing is none.
    having count(*) = end_year - start_year + 1
)

select
    definition,
    vintage,
    vintage = max(vintage) over (partition by definition) as is_newest_vintage,
    span,
    cast(start_year as integer) as start_year,
    cast(end_year as integer) as end_year,
    averaging,
    excludes,
    cast(case
        when is_lost or n_years = 0 then null
        when averaging = 'arithmetic' then total / n_years
        else 100 * (exp(total / n_years) - 1)
    end as decimal(18, 4)) as premium_pct,
    case when n_years = 0 then 'no_years_left' when is_lost then 'a_year_lost_everything' end as premium_reason,
    cast(case
        when not is_lost and n_years > 1 and has_spread
            then total / n_years / sqrt((total_of_squares - total * total / n_years) / (n_years - 1) / n_years)
    end as decimal(18, 4)) as t_stat,
    case
        when n_years = 0 then 'no_years_left'
        when is_lost then 'a_year_lost_everything'
        when n_years = 1 then 'fewer_than_2_years'
        when not has_spread then 'no_spread'
    end as t_stat_reason,
    cast(n_years as integer) as n_years,
    cast(case
        when is_lost then null
        when averaging = 'arithmetic' then all_total / all_n
        else 100 * (exp(all_total / all_n) - 1)
    end as decimal(18, 4)) as premium_nothing_excluded_pct,
    case when excludes = 'ex_january' then 'compounded_months' else 'published_years' end as annual_basis,
    files.known_on,
    clock.as_of_date,
    case when files.provenance = 'simulated' then 'simulated' else 'derived' end as provenance
from summed
join files using (definition, vintage, excludes)
cross join {{ ref('stg_clock__day') }} as clock
order by definition, vintage, excludes, averaging, span, end_year
