-- The basis on which the two funds of a breadth measure can be compared, or why there is none.
{{ comparable_bases(ref('breadth_funds'), 'numerator_id', 'denominator_id', 'measure') }}
