-- The basis on which both sides of a pair can be compared, or why there is none.
{{ comparable_bases(ref('pairs'), 'small_id', 'large_id', 'is_headline') }}
