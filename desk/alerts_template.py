"""The command that prints what to paste into TradingView; the secret itself it never reads."""

import json

from rich.console import Console

from config.errors import ProfileError
from config.loading import BUILT_IN, load_profile
from config.settings import Profile
from config.webhook import WebhookSettings
from desk.exits import Exit, UsageError
from desk.strategies import alert_strategies, tickers
from webhook.auth import SECRET_FIELD
from webhook.dialects.placeholders import PLACEHOLDERS
from webhook.posting import PATH

FROM_STRATEGY = (
    "ticker",
    "action",
    "contracts",
    "market_position",
    "market_position_size",
    "prev_market_position",
    "prev_market_position_size",
    "order_id",
    "price",
    "bar_time",
    "time",
    "comment",
)
"""Fields of the message for a Pine strategy, each with its placeholder."""

PINE_STRATEGY = """\
//@version=6
strategy("perpdesk NAME", overlay = true, process_orders_on_close = true)
// Your rules in place of these two averages.
fast = ta.sma(close, 14)
slow = ta.sma(close, 28)
if ta.crossover(fast, slow)
    strategy.entry("Long", strategy.long)
if ta.crossunder(fast, slow)
    strategy.close("Long")
"""

PINE_INDICATOR = """\
//@version=6
indicator("perpdesk NAME", overlay = true)
// Typed in the settings of the indicator: whoever reads the script does not see it.
secret = input.string("", "Webhook secret")
// Your rules in place of these two averages.
fast = ta.sma(close, 14)
slow = ta.sma(close, 28)
entry = ta.crossover(fast, slow)
leave = ta.crossunder(fast, slow)
say(string action) =>
    '{"SECRET": "' + secret + '", "strategy": "NAME", "ticker": "' + syminfo.ticker +
     '", "action": "' + action + '", "id": "' + action + '-' + str.tostring(time) +
     '", "time": "' + str.format_time(timenow, "yyyy-MM-dd'T'HH:mm:ss'Z'", "UTC") + '"}'
if entry
    alert(say("buy"), alert.freq_once_per_bar_close)
if leave
    alert(say("close"), alert.freq_once_per_bar_close)
plotshape(entry, "Entry", shape.triangleup, location.belowbar)
"""


def template(strategy: str, *, profile: str = "paper") -> Exit:
    """
    Print the message and the Pine script that make TradingView trade a strategy.

    Parameters
    ----------
    strategy
        The strategy's id in the profile.
    profile
        The profile that takes the alerts.

    """
    loaded = load_profile(profile)
    if loaded.webhook is None:
        raise ProfileError(loaded.file, "webhook", "a table", "nothing")
    names = alert_strategies(loaded)
    if strategy not in names:
        known = ", ".join(names) or "none in this profile"
        raise UsageError(f"Expected a strategy that takes alerts ({known}), found {strategy!r}")
    text = "\n".join(_page(loaded, loaded.webhook, strategy))
    Console(soft_wrap=True).print(text, markup=False, highlight=False)
    return Exit.DONE


def strategy_message(settings: WebhookSettings, name: str) -> dict[str, str]:
    """Return the message for the alert on a Pine strategy, with placeholders."""
    return _address(settings, name) | {field: PLACEHOLDERS[field] for field in FROM_STRATEGY}


def indicator_message(settings: WebhookSettings, name: str, action: str) -> dict[str, str]:
    """Return the message for the alert on one condition of an indicator, with placeholders."""
    fields = {"ticker": PLACEHOLDERS["ticker"], "action": action, "time": PLACEHOLDERS["time"]}
    return _address(settings, name) | fields


def _address(settings: WebhookSettings, name: str) -> dict[str, str]:
    return {SECRET_FIELD: f"<the value of {settings.secret_env}>", "strategy": name}


def _page(profile: Profile, settings: WebhookSettings, name: str) -> list[str]:
    known = ", ".join(sorted(tickers(profile)))
    return [
        f"# TradingView alerts for {name} (profile {profile.name})",
        "",
        "## Webhook URL (in the alert's notifications)",
        "",
        _url(settings),
        "",
        "TradingView posts to ports 80 and 443 only: write the public address of the proxy that",
        "stands before this one. What stands in <...> is for you to fill in; no command prints it.",
        "",
        "## Message for the alert on a Pine strategy (its orders: one alert for all)",
        "",
        json.dumps(strategy_message(settings, name), indent=2),
        "",
        "## Message for an alert on a condition of an indicator (here: to buy; or sell, close)",
        "",
        json.dumps(indicator_message(settings, name, "buy"), indent=2),
        "",
        f"The ticker of the chart must be one that the profile knows: {known}.",
        'Others go into [webhook.tickers]: "ETHUSDT.P" = "ETH-USD-PERP.HYPERLIQUID".',
        "",
        "## Pine strategy",
        "",
        _pine(PINE_STRATEGY, name),
        '## Pine indicator (alert on "Any alert() function call", whose message it makes itself)',
        "",
        _pine(PINE_INDICATOR, name),
        "What a message would do: perpdesk alerts lint FILE" + _option(profile),
    ]


def _url(settings: WebhookSettings) -> str:
    scheme = "http" if settings.tls is None else "https"
    port = str(settings.port) if settings.port else "<the port that the run prints>"
    token = "" if settings.token_env is None else f"/<the value of {settings.token_env}>"
    return f"{scheme}://{settings.host}:{port}{PATH}{token}"


def _pine(text: str, name: str) -> str:
    return text.replace("NAME", name).replace("SECRET", SECRET_FIELD)


def _option(profile: Profile) -> str:
    is_built_in = profile.file == f"profiles/{profile.name}.toml" and profile.name in BUILT_IN
    return f" --profile {profile.name if is_built_in else profile.file}"
