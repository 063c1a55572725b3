"""What is on the page, in which order. Not for the panels (the modules of each subject)."""

from pipelines.report.page import market, money, past, quality, standing, technicals, trust, worth

SECTIONS = (
    standing.SECTION, market.PERFORMANCE, market.BREADTH, worth.VALUATION, money.SECTION, technicals.SECTION, past.SECTION, worth.EARNINGS, quality.SECTION,
    trust.AUDIT, trust.DATA,
)  # fmt: skip
