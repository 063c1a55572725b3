"""What is on the page, in which order. Not for the panels (the modules of each subject)."""

from pipelines.report.page import market, money, past, standing, trust, worth

SECTIONS = (
    standing.SECTION, market.PERFORMANCE, market.BREADTH, worth.VALUATION, money.SECTION, market.TECHNICALS, past.SECTION, worth.EARNINGS, worth.QUALITY,
    trust.AUDIT, trust.DATA,
)  # fmt: skip
