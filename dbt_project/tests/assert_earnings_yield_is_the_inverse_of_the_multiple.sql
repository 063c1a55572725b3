-- Where one source gives both on one definition, their product is one (in percent: 100).
select pe.month_end, pe.universe_id, pe.source_id, pe.value as pe_value, yield.value as yield_value
from {{ ref('fct_valuation_monthly') }} as pe
join {{ ref('fct_valuation_monthly') }} as yield
    on yield.month_end = pe.month_end and yield.universe_id = pe.universe_id and yield.basis = pe.basis and yield.source_id = pe.source_id
    and yield.aggregation = pe.aggregation and yield.loss_treatment = pe.loss_treatment
    and yield.financials_treatment = pe.financials_treatment and yield.earnings_definition = pe.earnings_definition
where pe.metric = 'pe' and yield.metric = 'earnings_yield' and pe.aggregation = 'aggregate'
    and abs(pe.value * yield.value / 100 - 1) > 0.001
