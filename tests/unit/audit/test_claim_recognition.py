"""What a statement is taken to mean: its measure, instruments and parameters, in other words than those of the article."""

import pytest
from audit_market import claim, seed

from pipelines.audit.claims import parse_claims
from pipelines.audit.market import Market
from pipelines.audit.measures import measures, vocabulary
from pipelines.audit.recognise import NotRecognised, recognise

PARAPHRASES = [
    ("The S&P 500 gained over three months", "percent", "return", {"instrument": "SP500", "horizon": "3m"}),
    ("QQQ rose this year", "percent", "return", {"instrument": "QQQ", "horizon": "ytd"}),
    ("Performance of the Nasdaq Composite in the past 12 months", "percent", "return", {"instrument": "NASDAQ_COMP", "horizon": "1y"}),
    ("Small-cap return over ten years", "percent", "return", {"instrument": "R2000", "horizon": "10y"}),
    ("Energy fell on the day", "percent", "sector_return", {"sector": "Energy", "horizon": "1d"}),
    ("REITs year to date", "percent", "sector_return", {"sector": "Real Estate", "horizon": "ytd"}),
    ("Small caps returned 3 times as much as large caps", "times", "return_multiple", {"small": "R2000", "large": "SP500", "horizon": "ytd"}),
    ("IWM beat SPY by a factor of two over 6 months", "times", "return_multiple", {"small": "IWM", "large": "SPY", "horizon": "6m"}),
    ("IWM is ahead of QQQ this year", "percentage points", "excess_return", {"small": "IWM", "large": "QQQ", "sign": "1", "first_is_small": 1}),
    ("SPY outperformed IWM over 5 years", "yes/no", "small_against_large", {"small": "IWM", "large": "SPY", "first_is_small": 0, "horizon": "5y"}),
    ("Small caps trailed large caps over the last decade", "yes/no", "small_against_large", {"sign": "-1", "years": "10", "horizon": "10y"}),
    ("SPY price", "USD", "price", {"instrument": "SPY"}),
    ("The Russell 2000 closed at", "index points", "price", {"instrument": "R2000"}),
    ("S&P 500 52-week high", "index points", "high_252d", {"instrument": "SP500"}),
    ("The Nasdaq is at an all-time high", "yes/no", "record_high", {"instrument": "NASDAQ_COMP"}),
    ("SPY shares traded", "million shares", "volume", {"instrument": "SPY"}),
    ("Average volume of QQQ", "shares", "volume_average", {"instrument": "QQQ"}),
    ("SPY volume was above average", "yes/no", "volume_against_average", {"instrument": "SPY", "side": "1"}),
    ("The 200-day average of the S&P 500 is falling", "yes/no", "average_trend", {"instrument": "SP500", "days": "200", "slope": "-1"}),
    ("RSI of the S&P 500", "RSI", "rsi", {"instrument": "SP500"}),
    ("The S&P 500 broke resistance at 7000", "index points", "level_broken", {"instrument": "SP500"}),
    ("IWM has support at 240", "USD", "level_support", {"instrument": "IWM"}),
    ("The Fed's target range, upper end", "percent", "target_range_upper", {}),
    ("Two straight hikes of 75 bp", "hikes", "consecutive_moves", {"move_sign": "1", "move_bp": "75"}),
    ("Small caps respond more to yields than the S&P 500", "yes/no", "rate_sensitivity", {"small": "R2000", "large": "SP500"}),
    ("The small-cap premium since 1950", "percent a year", "size_premium", {"since_year": "1950"}),
    ("Small stocks beat large stocks in ten-year windows", "percent", "size_premium_win_rate", {}),
    ("Participation in the S&P 500 is broadening", "yes/no", "breadth_widening", {"universe": "SP500"}),
    ("Trailing price-to-earnings of the S&P 500", "multiple", "valuation", {"universe": "SP500", "multiple": "pe", "basis": "ltm"}),
    ("S&P 600 forward P/E", "multiple", "valuation", {"universe": "SP600", "multiple": "pe", "basis": "ntm"}),
    ("Discount of the S&P 600 to the S&P 500 on P/B", "percent", "discount", {"small_universe": "SP600", "large_universe": "SP500", "multiple": "pb"}),
    ("The forward P/E discount of small caps is the widest in 20 years", "yes/no", "discount_record", {"multiple": "pe", "years": "20", "basis": "ntm"}),
    ("Expected earnings growth of the S&P 500 for Q2 2026", "percent", "earnings_growth", {"universe": "SP500", "period": "2026Q2"}),
    ("Large companies have less refinancing risk than small companies", "yes/no", "refinancing", {"small_universe": "R2000", "large_universe": "SP500"}),
    ("The S&P 600 makes more of its sales in the United States than the S&P 500", "yes/no", "domestic_share", {"small_universe": "SP600"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "unit", "measure", "parameters"), PARAPHRASES, ids=[p[0] for p in PARAPHRASES])
def test_a_statement_in_other_words_names_its_measure(
    market: Market, statement: str, unit: str, measure: str, parameters: dict[str, str | int]
) -> None:
    found = recognise(claim(statement, "" if unit == "yes/no" else "7000", unit), market)
    assert found.measure.measure == measure
    assert {k: found.parameters.get(k) for k in parameters} == parameters


def test_every_claim_of_the_article_is_recognised_or_refused_with_a_reason(market: Market) -> None:
    rows = seed("claims")
    claims = parse_claims(list(enumerate(rows, start=2)), list(rows[0]), "claims.csv")
    assert len(claims) == 46
    refused = {}
    for one in claims:
        try:
            recognise(one, market)
        except NotRecognised as problem:
            refused[one.claim_id] = str(problem)
    assert set(refused) == {"discount_25y_extreme"}
    assert refused["discount_25y_extreme"].startswith("refused: it joins two metrics, ev_ebit and pe")


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (claim("The moon is made of cheese", "1", "percent"), "no measure recognised; name one in the column measure: average_trend"),
        (claim("Return of the Hang Seng year to date", "1", "percent"), "no instrument recognised"),
        (claim("Russell 2000 return", "1", "percent"), "no horizon recognised"),
        (claim("QQQ is ahead of SPY this year", "1", "percentage points"), "QQQ and SPY are no pair of reference.pairs"),
        (claim("Forward P/E of the Nasdaq Composite", "30", "multiple"), "NASDAQ_COMP has no universe"),
        (claim("The discount of small caps to large caps", "18", "percent"), "refused: no multiple is named"),
        (claim("P/E and EV/EBIT discount of small caps to large caps", "18", "percent"), "refused: it joins two metrics, ev_ebit and pe"),
        (claim("Discount of the S&P 500 to the Russell 2000 on P/E", "18", "percent"), "is of small against large: begin with R2000"),
        (claim("The 30-day average of IWM is rising"), "does not say its days"),
        (claim("IWM is not at a record high"), "refused: 'not': a negation is not read"),
        (claim("Small caps did not lag large caps over the last 15 years"), "refused: 'not': a negation is not read"),
        (claim("The Russell 2000 isn't at a record high"), 'refused: "n\'t": a negation is not read'),
        (claim("Russell 2000 is no longer at a record high"), "refused: 'no longer'"),
        (claim("Market breadth with small caps is not widening"), "refused: 'not': a negation is not read"),
        (claim("Russell 2000 has lost support at 2450", "2450", "index points"), "no measure recognised"),
        (claim("Russell 2000 broke support at 2400", "2400", "index points"), "no measure recognised"),
        (claim("Russell 2000 has broken down through resistance at 2500", "2500", "index points"), "no measure recognised"),
        (claim("Large caps beat small caps by 2.6 % a year since 1927", "2.6", "percent a year"), "no measure recognised"),
        (claim("Small caps beat large caps by 3 % a year since 1927 outside January", "3", "percent a year"), "refused: 'outside January'"),
        (claim("Small value beats large caps by 3 % a year since 1927", "3", "percent a year"), "refused: 'Small value'"),
        (claim("Russell 2000 isn\u2019t at a record high"), "a negation is not read"),
        (claim("The Russell 2000 rose without setting a record high"), "refused: 'without': a negation is not read"),
        (claim("Russell 2000 has broken its key support at 2400", "2400", "index points"), "no measure recognised"),
        (claim("Russell 2000 failed at resistance at 2500, broke lower", "2500", "index points"), "no measure recognised"),
        (claim("5-day RSI of the Russell 2000", "65.8", "RSI"), "an RSI of another length is not read"),
        (claim("The 50-day RSI average is rising"), "refused"),
        (claim("Weekly RSI of the Russell 2000", "65.8", "RSI"), "refused: 'Weekly'"),
        (claim("RSI(5) of the Russell 2000", "65.8", "RSI"), "an RSI of another length is not read"),
        (claim("Russell 2000 total return year to date", "5.73", "percent"), "refused: 'total return'"),
        (claim("Somehow", "1", "RSI", measure="return"), "stated in percent, basis points, not in RSI"),
        (claim("Somehow", "1", "percent", measure="return", instrument_id="XYZ"), "'XYZ' is not in marts.dim_instrument"),
    ],
    ids=lambda p: getattr(p, "statement", p)[:40],
)
def test_what_is_not_said_is_asked_for(market: Market, one: object, reason: str) -> None:
    with pytest.raises(NotRecognised) as said:
        recognise(one, market)  # type: ignore[arg-type]
    assert reason in str(said.value)


def test_a_column_says_what_words_leave_open(market: Market) -> None:
    found = recognise(claim("It did well", "5", "percent", measure="return", instrument_id="IWM", horizon="5y"), market)
    assert found.parameters == {"instrument": "IWM", "horizon": "5y", "turn": 1}
    assert found.told == "instrument IWM, horizon 5y"


def test_what_is_taken_for_granted_is_said(market: Market) -> None:
    found = recognise(claim("Daily RSI is above 70", "70", "RSI"), market)
    assert found.parameters["instrument"] == "R2000"
    assert found.assumed == ["no instrument is named: R2000, the small side of the headline pair, is taken"]
    assert found.relation == ">"


@pytest.mark.parametrize(
    ("statement", "relation"),
    [("RSI is above 70", ">"), ("RSI under 70", "<"), ("RSI of at least 70", ">="), ("RSI above its mean, at 70", "="), ("RSI of 70", "=")],
)
def test_above_counts_only_before_the_figure(market: Market, statement: str, relation: str) -> None:
    assert recognise(claim(f"Russell 2000 {statement}", "70", "RSI"), market).relation == relation


def test_the_longest_name_counts_and_symbols_keep_their_case(market: Market) -> None:
    assert market.instruments_in("S&P 500 against the S&P 600") == ["SP500", "SP600"]
    assert market.instruments_in("iShares Russell 2000 ETF") == ["IWM"]
    assert market.instruments_in("equal-weight S&P 500") == ["RSP"]
    assert market.instruments_in("a spy in the house") == []


def test_words_are_those_of_the_seeds() -> None:
    horizons = {row["horizon"] for row in seed("horizons")}
    assert {entry["is"] for entry in vocabulary()["horizon"]} <= horizons
    assert all(m.defaults is None or m.defaults.get("horizon", "ytd") in horizons for m in measures().values())
