"""`statusbridge check --notify`: whether messages to whoever operates it arrive."""

from __future__ import annotations

from statusbridge.adapters.clock import SystemClock
from statusbridge.adapters.exchanges import Exchanges
from statusbridge.bootstrap import receivers
from statusbridge.commands.exits import FAILED, REFUSED
from statusbridge.commands.running import complain
from statusbridge.config.values import Config
from statusbridge.core.notice_texts import trial
from statusbridge.core.outcome import Applied, Unauthorized


def receivers_named(config: Config) -> str:
    """Return who is told, in words; "": nobody."""
    operator = config.operator
    source = operator.alert_source
    named = (
        "" if operator.webhook_url is None else "webhook",
        "" if source is None else f"alert source {source.id}",
    )
    return " and ".join(filter(None, named))


async def try_out(config: Config) -> int:
    """Tell every receiver something about nothing, and that it is over; return the exit code."""
    told, wires = receivers(config, Exchanges())
    if not told:
        complain("[operator] names nobody to tell: set webhook_url or alert_source")
        return FAILED
    code = 0
    begun, over = trial(SystemClock().now())
    for receiver in told:
        outcome = await receiver.tell(begun)
        if isinstance(outcome, Applied):
            outcome = await receiver.tell(over)
        if isinstance(outcome, Applied):
            print(f"operator {receiver.name}: took a test notice, and that it is over")
            continue
        complain(f"operator {receiver.name}: {outcome.reason}")
        code = max(code, REFUSED if isinstance(outcome, Unauthorized) else FAILED)
    for wire in wires:
        await wire.aclose()
    return code
