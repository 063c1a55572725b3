-- Where two series of one instrument differ by more than the catalogue tolerates: what each says, what a third says, what the fund of the
-- index (or the index of the fund) says by its own move, and which of them we used. A fund is traded, vendors copy one another: so it
-- is heard first.
with
heads as (
    select instrument_id, tolerance_bp, proxy_of
    from {{ ref('series_catalog') }}
    where tolerance_bp is not null and kind in ('index', 'fund')
    qualify row_number() over (partition by instrument_id order by priority) = 1
),

voices as (
    select voices.*, heads.tolerance_bp, row_number() over (partition by instrument_id, measure, session_date order by priority, series_id) as voice_no
    from {{ ref('int_voices_daily') }} as voices
    join heads using (instrument_id)
),

-- A close is held against a close, in basis points of it; a return against a return.
apart as (
    select
        one.instrument_id,
        one.session_date,
        one.measure,
        one.tolerance_bp,
        one.series_id as first_series_id,
        one.value as first_value,
        one.moved_pct as first_moved_pct,
        other.series_id as second_series_id,
        other.value as second_value,
        other.moved_pct as second_moved_pct,
        case when one.measure = 'close' then (other.value / one.value - 1) * 10000 else (other.value - one.value) * 100 end as difference_bp,
        greatest(one.known_on, other.known_on) as known_on,
        one.provenance
    from voices as one
    join voices as other using (instrument_id, measure, session_date)
    where one.voice_no = 1 and other.voice_no > 1
),

beyond as (
    select * from apart where abs(difference_bp) > tolerance_bp
),

thirds as (
    select
        beyond.instrument_id,
        beyond.session_date,
        beyond.measure,
        beyond.second_series_id,
        voices.series_id as third_series_id,
        voices.value as third_value,
        voices.known_on,
        case when beyond.measure = 'close' then abs(voices.value / beyond.first_value - 1) * 10000 else abs(voices.value - beyond.first_value) * 100 end
            <= beyond.tolerance_bp as is_with_first,
        case when beyond.measure = 'close' then abs(voices.value / beyond.second_value - 1) * 10000 else abs(voices.value - beyond.second_value) * 100 end
            <= beyond.tolerance_bp as is_with_second
    from beyond
    join voices using (instrument_id, measure, session_date)
    where voices.series_id not in (beyond.first_series_id, beyond.second_series_id)
    qualify row_number() over (partition by instrument_id, session_date, measure, beyond.second_series_id order by voices.voice_no) = 1
),

-- The fund of an index, the index of a fund: its move is a witness of another kind. A fund's total return, for an index pays nothing out.
partners as (
    select heads.instrument_id, coalesce(min(funds.instrument_id), min(heads.proxy_of)) as partner_id
    from heads
    left join {{ ref('series_catalog') }} as funds on funds.proxy_of = heads.instrument_id and funds.kind = 'fund' and funds.priority = 1
    group by heads.instrument_id
),

partner_moves as (
    select instrument_id as partner_id, session_date, moved_pct as partner_moved_pct
    from {{ ref('int_voices_daily') }}
    where moved_pct is not null
    qualify row_number() over (partition by instrument_id, session_date order by measure = 'close', priority, series_id) = 1
),

heard as (
    select
        beyond.*,
        thirds.third_series_id,
        thirds.third_value,
        case when thirds.is_with_first and not thirds.is_with_second then 'first' when thirds.is_with_second and not thirds.is_with_first then 'second' when thirds.third_value is not null then 'neither' end as third_agrees_with,
        partner_moves.partner_moved_pct,
        case when partner_moves.partner_moved_pct is not null then partners.partner_id end as partner_id,
        -- It decides where it lies clearly nearer to one than to the other, and not far from both.
        case
            when abs(partner_moved_pct - first_moved_pct) < 0.25 * abs(second_moved_pct - first_moved_pct) then 'first'
            when abs(partner_moved_pct - second_moved_pct) < 0.25 * abs(second_moved_pct - first_moved_pct) then 'second'
            when partner_moved_pct is not null and first_moved_pct is not null and second_moved_pct is not null then 'neither'
        end as partner_agrees_with,
        greatest(beyond.known_on, thirds.known_on) as all_known_on
    from beyond
    left join thirds using (instrument_id, session_date, measure, second_series_id)
    left join partners using (instrument_id)
    left join partner_moves using (partner_id, session_date)
)

select
    heard.instrument_id,
    heard.session_date,
    heard.measure,
    heard.first_series_id,
    cast(heard.first_value as decimal(18, 4)) as first_value,
    heard.second_series_id,
    cast(heard.second_value as decimal(18, 4)) as second_value,
    cast(heard.difference_bp as decimal(18, 4)) as difference_bp,
    cast(heard.tolerance_bp as decimal(18, 4)) as tolerance_bp,
    heard.third_series_id,
    cast(heard.third_value as decimal(18, 4)) as third_value,
    heard.third_agrees_with,
    heard.partner_id,
    cast(heard.partner_moved_pct as decimal(18, 4)) as partner_moved_pct,
    cast(heard.first_moved_pct as decimal(18, 4)) as first_moved_pct,
    cast(heard.second_moved_pct as decimal(18, 4)) as second_moved_pct,
    heard.partner_agrees_with,
    case
        when heard.partner_agrees_with in ('first', 'second') then heard.partner_agrees_with
        when heard.third_agrees_with in ('first', 'second') then heard.third_agrees_with
        else 'undecided'
    end as supported,
    case
        when heard.partner_agrees_with in ('first', 'second') then heard.partner_id
        when heard.third_agrees_with in ('first', 'second') then heard.third_series_id
    end as supported_by,
    used.series_id as used_series_id,
    heard.all_known_on as known_on,
    heard.provenance
from heard
left join {{ ref('int_prices_daily') }} as used using (instrument_id, session_date)
order by instrument_id, session_date, measure, second_series_id
