-- The target now less the target a year ago, read off the daily series, is the sum of the moves between.
select card.session_date, card.raw_value, coalesce(sum(moves.change_bp), 0) as moved_bp
from {{ ref('fct_scorecard_daily') }} as card
left join {{ ref('fct_policy_moves') }} as moves
    on moves.source_date <= card.input_date and moves.source_date > card.input_date - interval 1 year
where card.component = 'policy' and card.raw_value is not null
group by card.session_date, card.raw_value
having abs(card.raw_value - moved_bp) > 0.0001
