-- Every value of raw that another one replaced, for readers who ask what was known when.
{% set tables = [
    'yahoo_bars', 'yahoo_actions', 'yahoo_adjusted_closes', 'tiingo_bars', 'tiingo_actions', 'tiingo_adjusted_closes',
    'stooq_bars', 'stooq_adjusted_closes', 'alphavantage_bars', 'alphavantage_actions', 'alphavantage_adjusted_closes',
    'fred_observations', 'fred_vintages', 'french_returns', 'shiller_months', 'drop_bars', 'drop_constituents', 'drop_valuations', 'drop_targets', 'drop_consensus', 'drop_fundamentals',
    'drop_events',
    'ishares_holdings', 'ssga_holdings', 'nport_holdings',
    'sec_companies', 'sec_filings', 'sec_facts', 'sec_segment_facts',
] %}
{% for table in tables %}
{{ revised_rows(table, ref('stg_' ~ table | replace('_', '__', 1)), {'series_id': 'symbol'}) }}
{{ 'union all' if not loop.last }}
{% endfor %}
order by table_name, superseded_on, row_key
