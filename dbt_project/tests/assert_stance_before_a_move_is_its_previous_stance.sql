-- Two tables count the meetings between moves on their own: on the session before a move both must call policy the same.
select moves.effective_date, moves.previous_stance, days.stance
from {{ ref('fct_policy_moves') }} as moves
asof join {{ ref('fct_policy_stance_daily') }} as days on days.session_date < least(moves.effective_date, moves.known_on)
where days.stance <> moves.previous_stance
