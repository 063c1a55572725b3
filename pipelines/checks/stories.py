"""The story of every check of gate 1: what it guards against, what to do when it fires, where its threshold comes from.

Not for how it is computed (expectations, assets/landing/derive.py). A check that blocks stops the run where a required series fails it; any
other series is set aside with a warning and keeps its last good data.
"""

from pipelines.checks.expectations import (
    MOST_APART_PCT,
    MOST_LACKING_PCT,
    MOST_MONEY,
    MOST_RESCALED,
    MOST_REVISED_PCT,
    MOST_TO_ZERO,
    SPLIT_FACTOR,
)
from pipelines.checks.story import Story

ANSWERED = "provider_answered"
HISTORY = "history_stays"
IN_CATALOGUE = (
    "min_value and max_value of the series in the catalogue. Of 24 recorded rates, spreads and indices none comes nearer to its upper limit than DFF "
    "(22.36 against 30); the net percentages of surveys end at 100 by definition. What is off by ten or a hundred lies outside."
)

STORIES: dict[str, Story] = {
    "rows_readable": Story(
        "A cell that is not of its column's type, or empty where a value is needed.",
        "Look at the archived payload; if the provider changed its form, mend the reader.",
    ),
    "key_is_unique": Story(
        "One key twice in one batch: which value is true cannot be known.",
        "Ask the provider again; for a dropped file, remove the doubled lines.",
    ),
    "values_in_limits": Story(
        "A value outside what the column can hold: a negative price, an unknown kind.",
        "Compare with a second source; correct or withdraw the file, or wait for the provider's correction.",
    ),
    "dates_increase": Story("Observations out of order: a body put together wrongly.", "Ask the provider again."),
    "session_of_the_calendar": Story(
        "A bar on a day without trading: a shifted time zone or a made-up row.",
        "Check the time zone of the source; a session missing from the calendar library is mended by updating it.",
    ),
    "no_jump_without_split": Story(
        "A move beyond anything seen in the series' history: a missed split, a unit change, another symbol's price.",
        "If a split is missing, supply it; if the move is real, raise max_move_pct of the series in the catalogue and say why.",
        "max_move_pct of the series, 25 % for indices and funds, 30 % for sector funds: the worst session of each since it exists is the S&P 500's "
        "-20.5 % of 1987-10-19, and XLE's -20.1 % of 2020-03-09. Members of a universe: +3,000 % and -97 %, as a biotech that triples is real: of 732,066 "
        "stock-days of 312 Russell 2000 members (2014 to 2026) the largest are +1,050 % and -91.7 %.",
    ),
    "close_in_catalog_limits": Story(
        "A level off by a factor of ten or a hundred.",
        "Compare with a second source; the limits stand in the series catalogue.",
        IN_CATALOGUE,
    ),
    "value_in_catalog_limits": Story(
        "A value off by a factor, or percent sent as a fraction.",
        "Compare with the provider's page; the limits stand in the series catalogue.",
        IN_CATALOGUE,
    ),
    "high_is_highest": Story(
        "A bar whose high is below its open or close: columns swapped or a corrupt row.",
        "Ask the provider again; compare with a second source.",
    ),
    "low_is_lowest": Story(
        "A bar whose low is above its open or close: columns swapped or a corrupt row.",
        "Ask the provider again; compare with a second source.",
    ),
    "sources_agree": Story(
        "Two providers more than 0.5 % apart on the newest session both have.",
        "Find out who is right before anything is published: the fund of the index is a third witness.",
        f"{MOST_APART_PCT} %, on the newest session both have: of 2,492 recorded sessions of the S&P 500 at Yahoo and FRED the worst is 0.12 % "
        "(2021-08-11), and 99.9 % are within 0.003 %.",
    ),
    "weights_sum_to_100": Story(
        "A list of members that is cut off or holds rows twice.",
        "Take the list again from the vendor; weights must add up to 100 ± 0.5 %.",
        "± 0.5: the weights of 2,000 members, rounded to two decimals, add up to 100 with a standard deviation of 0.13; 0.5 is about four of them.",
    ),
    "holdings_sum_to_100": Story(
        "A fund's file that is cut off, holds rows twice, or whose columns have moved.",
        "Take the file again; with cash and futures the weights of a fund must add up to 100 ± 0.2 %.",
        "± 0.2: the three recorded files of IWM and IVV add up to between 99.88 and 100.02.",
    ),
    "equities_near_100": Story(
        "A filing of another fund, one cut off, or shares held counted in another unit: an index fund is nearly all equities.",
        "Compare with the filing at EDGAR; the equities must be 95 to 101 % of net assets.",
        "95 to 101: in the three recorded files of IWM and IVV the equities are 99.5 to 99.7; a filing may fall on a day with more cash.",
    ),
    "security_is_once": Story(
        "A body put together wrongly: the same security, shares and weight in two lines of one list.",
        "Look at the archived payload; ask again.",
    ),
    "fact_fits_history": Story(
        "A fact off by 10^3 or 10^6 against the company's own history, a negative where the tag cannot be, a share count that is a "
        "placeholder or stands still.",
        "Such rows stay in quality.quarantine; compare with the filing. If most of a payload is there, the provider changed its form.",
        "500 to 2,000 times (or a thousand times that) the median of four values or more of the three years before: a slip is a thousand exactly, "
        "times what a company may have grown. Of 147 recorded sizes of Snowflake, one of the fastest growers listed, none is above 4.9 times its "
        "median, and no median's values are more than 22 times apart (100 is the most at which one is told). A count stands still over four filings and "
        "300 days, which is a year of them; beside it, another count of the same filing must be 10 % away. docs/sources/sec.md lists all.",
    ),
    "value_matches_status": Story(
        "A multiple that is negative or missing while its status says ok, or present while it says not meaningful.",
        "Correct value or value_status in the file.",
    ),
    "targets_in_order": Story(
        "Columns swapped: a mean target outside its own lowest and highest.",
        "Compare with the vendor's page and correct the lines.",
    ),
    "target_before_capture": Story(
        "A target dated after the day it was captured: one of the two days is wrong.",
        "Correct target_date or captured_on in the file.",
    ),
    "growth_can_be_told": Story(
        "A line that says nothing of growth: one of the two sums alone, a sum of zero, sums in two units, or neither sums nor a stated growth.",
        "Give earnings_base and earnings_expected, both in one unit, or growth_pct.",
    ),
    "value_fits_its_measure": Story(
        "A share of 0 percent or below, or above 100: nothing sent as zero, another measure's value, or another unit.",
        "Compare with the source; measures that end in _pct are percent of a whole.",
    ),
    "period_is_over": Story(
        "A period that does not end on the last day of its month (of its quarter, for revenue), or was published before it ended.",
        "Correct period_end or published_on in the file.",
    ),
    "unit_as_before": Story(
        "Most of the history we hold comes back in another unit: percent as a fraction, cents as dollars, thousands as ones.",
        "Compare with the provider's page; what we hold stays. If the provider changed its unit for good, mend the reader to undo it.",
        f"A factor of {MOST_RESCALED} in the median of the values sent anew: percent is a hundred times a fraction, and no split told is as large.",
    ),
    "days_in_rhythm": Story(
        "An observation on a kind of day the series never had: dates moved by a time zone, or another frequency.",
        "Compare the dates with the provider's page; correct frequency in the catalogue if it changed.",
    ),
    "zero_is_no_blank": Story(
        "A zero out of nowhere, which is how a missing value is often sent.",
        "Compare with the provider's page; if the value is really zero, say so in pipelines/assets/landing/continuity.py.",
        f"{MOST_TO_ZERO}: the largest step to exactly zero in any recorded series but the surveys is 1.00, the target range in December 2008 and March 2020.",
    ),
    "volume_is_traded": Story(
        "A fund whose price moved within the session while no share was sold: a missing volume sent as zero.",
        "Ask the provider again after the close; compare with a second source.",
    ),
    "vintage_is_whole": Story(
        "A new vintage without months or portfolios that the one before had: a history cut short, a column renamed.",
        "Look at the archived payload; the vintage before stays. If a column was renamed, mend the reader.",
        f"{MOST_LACKING_PCT} % of the rows: files correct single values; no recorded vintage has dropped a month or a portfolio "
        " (four of the factors, two of the size portfolios).",
    ),
    "base_as_before": Story(
        "A series told on another base, all of it by one factor: an index of another year, a table rescaled. Two bases never stand in one series.",
        "Compare with the provider's page; what we hold stays. Mend the reader to undo the factor, or give the new base a series of its own.",
        "95 % of at least 24 values by one factor, to a thousandth, and by 0.5 % or more: two years of months; a revision corrects single values, a new "
        "base moves all, and rounding blurs a level of 100 told to a tenth by a thousandth.",
    ),
    "closes_stay": Story(
        "A raw close of a session long over that is another one now: a split not told, another symbol, a past rewritten. Raw closes never change.",
        "Compare with a second source. Ours stays; if a split is missing, supply it.",
        f"{MOST_REVISED_PCT} %: vendors correct a late print by a few hundredths of a percent; the worst recorded is 0.12 % (the S&P 500 of 2021-08-11). "
        "Up to five closes are kept back singly: more are another series.",
    ),
    "past_is_reanchored_whole": Story(
        "Adjusted closes rewritten in a way no split or dividend does: not by one factor before a day with an action, or by more than it.",
        "Compare the adjusted closes with a second source; the last good ones stay. If an action is missing, it may come with the next pull.",
        f"{MOST_REVISED_PCT} %, as closes_stay.",
    ),
    "list_is_whole": Story(
        "A list of names that is cut off: more than a tenth of the names of the last one are missing.",
        "Ask again; if it stays so, compare with the provider's page. The last list stays.",
        "10 % of the names from one list to the next. Lists are asked for daily; of the names of IWM 15.7 % changed in the eleven months from "
        "2025-05-13 to 2026-04-10, the yearly reconstitution among them.",
    ),
    "equity_is_held": Story(
        "An equity with a weight but no shares, or a price or market value that is not above zero: a missing number sent as zero, a wrong sign.",
        "Take the file again; compare the line with the fund's page.",
    ),
    "event_is_announced_in_time": Story(
        "A scheduled event announced after its own day, or called off before it was announced.",
        "Correct announced_on, withdrawn_on or is_scheduled in the file.",
    ),
    "no_missed_split": Story(
        "A split that was not told: the price moves by a split's factor overnight while as much money changes hands as on any other day.",
        "Look the company up: if it split, supply adjusted bars or bars before and after it in one unit. If the move is real, accept it once: "
        'rotation run --accept no_missed_split:FILE="why".',
        f"A move by a factor of {SPLIT_FACTOR} or more (3 for 2 is the smallest usual split) with at most {MOST_MONEY} times the median of price times "
        "volume of the 20 sessions before. A company that triples is traded: of 320,640 recorded stock-days of 60 names the 13 moves as large "
        "came with 2.2 times the usual money or more, so none is called a split; of 3,000 splits planted in them 2,537 are seen, the others fall on a busy day. "
        "Without volumes none is.",
    ),
    ANSWERED: Story(
        "A provider that is down, refuses us, or answers something else. A required series stops the run; any other keeps its last good data.",
        "Try again later; compare with the provider's page in docs/sources.",
    ),
    HISTORY: Story(
        "A provider that shortens its history, blanks days or tells its past anew. What we have stays.",
        "quality.history_events says what, since when and by which factor; nothing is to be done where ours is right.",
        severity="warn",
    ),
}
