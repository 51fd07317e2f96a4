"""`statusbridge init`: a first configuration, made of what the account and the page show."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from statusbridge.adapters.recording_entries import RecordingError
from statusbridge.commands.exits import FAILED, REFUSED, USAGE
from statusbridge.commands.init_choices import Asking, ChoiceError
from statusbridge.commands.init_past import Seen, access, measured, seen, tried
from statusbridge.commands.init_text import summary
from statusbridge.commands.pages import read_pages
from statusbridge.commands.running import complain, log_by
from statusbridge.config import files
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load_text
from statusbridge.config.settings import IncidentIoTable, TwilioTable
from statusbridge.config.values import Config
from statusbridge.core.errors import Unauthorized
from statusbridge.core.live import Structure
from statusbridge.starter.config_text import config_text
from statusbridge.starter.guessing import guessed, reference
from statusbridge.starter.products import KNOWN, Product
from statusbridge.starter.proposal import Counts, Past, Proposal, Surroundings
from statusbridge.starter.sorting import by_product, left_out
from statusbridge.starter.tests_text import tests_text

_EXAMPLES = ("messaging", "voice")
"""The rules that are written as examples where no alert calls for any."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `init`."""
    parser.add_argument("--page", metavar="NAME", help="the status page, by name or id")
    parser.add_argument(
        "--component",
        action="append",
        default=[],
        type=_assignment,
        metavar="RULE=NAME",
        help='which component a rule speaks of, such as voice="Voice / Calls"; - for none; may be '
        "given several times",
    )
    parser.add_argument(
        "--days", type=_days, default=7, metavar="N", help="how far to look back (default: 7)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="what to write (default: ./config.toml)"
    )
    parser.add_argument("--force", action="store_true", help="overwrite what is there")
    parser.add_argument("--yes", action="store_true", help="ask nothing, take what names suggest")


def _assignment(text: str) -> tuple[str, str]:
    rule, equals, name = text.partition("=")
    if not (rule and equals and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form RULE=NAME")
    return rule.strip(), name.strip()


def _days(text: str) -> int:
    if not (text.isdecimal() and 1 <= int(text[:3]) <= 30):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 30")
    return int(text)


@dataclass(frozen=True, slots=True)
class Files:
    """What is written, and whether over what is there."""

    config: Path
    tests: Path
    force: bool

    def taken(self) -> Path | None:
        """Return the file that is in the way; None: none is."""
        if self.force:
            return None
        return next((path for path in (self.config, self.tests) if os.path.lexists(path)), None)

    def write(self, config: str, tests: str) -> None:
        """Write both. Raises OSError."""
        for path, text in ((self.config, config), (self.tests, tests)):
            with path.open("w" if self.force else "x", encoding="utf-8") as file:
                file.write(text)


def run(args: argparse.Namespace) -> int:
    """Write the files. Returns 0; 1 where that can't be done; 64 where a flag is needed; 77; 78."""
    out = args.out or args.config or Path("config.toml")
    wanted = Files(out, out.with_name(f"{out.stem}.test.toml"), args.force)
    if (taken := wanted.taken()) is not None:
        complain(f"{taken} is there already. Say --force to overwrite it, or --out another file.")
        return FAILED
    config = access(os.environ)
    log_by(config, at_least="error")
    try:
        said = asyncio.run(_init(args, config, wanted))
    except ChoiceError as error:
        complain(str(error))
        return USAGE
    except RecordingError as error:
        complain(str(error))
        return FAILED
    except Unauthorized as error:
        complain(error.reason)
        return REFUSED
    except OSError as error:
        complain(f"{error.filename} can't be written ({error.strerror}). Say --out another file.")
        return FAILED
    print("\n".join(said))
    return 0


async def _init(args: argparse.Namespace, config: Config, wanted: Files) -> list[str]:
    said = _said(args.component)
    asking = Asking(_is_attended(args), said)
    key = config.incidentio.api_key.read()
    structures = await read_pages(config.incidentio.base_url, key, config.sockets)
    if not structures:
        raise ChoiceError(
            "The API key sees no status page. Make one, or give the key access to it."
        )
    name, structure = asking.page(structures, args.page)
    days = "day" if args.days == 1 else f"{args.days} days"
    print(f"Reading the alerts of the last {days} …", file=sys.stderr)
    found = await seen(config, args.days)
    proposals = _proposals(found.codes, asking, structure)
    around = _surroundings(config, wanted, (name, structure))
    past = Past(sum(found.codes.values()), args.days, found.until, left_out(found.codes))
    proposals = await _with_numbers(found, proposals, around, past)
    written = config_text(around, proposals, past)
    load_text(written, wanted.config, os.environ)
    wanted.write(written, tests_text(wanted.config.name, proposals, past))
    return summary(wanted.config, around, proposals, past, named=_must_be_named(wanted.config))


def _is_attended(args: argparse.Namespace) -> bool:
    return not args.yes and sys.stdin.isatty() and sys.stderr.isatty()


def _said(assignments: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    said: dict[str, tuple[str, ...]] = {}
    for rule, name in assignments:
        said[rule] = (*said.get(rule, ()), name)
    return said


def _proposals(
    codes: Mapping[int | None, int], asking: Asking, structure: Structure
) -> list[Proposal]:
    """Return a rule for each product that failed or was asked for; examples where there is none."""
    found = dict(_asked_for(codes, asking.components))
    proposals = []
    for product, counts in found.values():
        components = asking.component(product, structure)
        proposals.append(Proposal(product, components, counts, active=bool(components)))
    if any(one.active for one in proposals):
        return proposals
    return proposals + [
        Proposal(product, _likely(product, structure), (), active=False)
        for product in KNOWN
        if product.id in _EXAMPLES and product.id not in found
    ]


def _likely(product: Product, structure: Structure) -> tuple[str, ...]:
    guess = guessed(product, structure)
    return () if guess is None else (reference(guess, structure),)


def _asked_for(
    codes: Mapping[int | None, int], said: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Product, Counts]]:
    found = {product.id: (product, counts) for product, counts in by_product(codes)}
    known: dict[str, tuple[Product, Counts]] = {product.id: (product, ()) for product in KNOWN}
    for rule in said:
        if rule not in found:
            if rule not in known:
                names = ", ".join({**found, **known})
                raise ChoiceError(f"--component {rule}: there is no such rule; one of {names}.")
            found[rule] = known[rule]
    return found


async def _with_numbers(
    found: Seen, proposals: list[Proposal], around: Surroundings, past: Past
) -> list[Proposal]:
    """Return *proposals* with numbers from what was seen, and with what they would have done."""

    def configured() -> Config:
        return load_text(config_text(around, active, past), Path("config.toml"), os.environ)

    active = [one for one in proposals if one.active]
    if not past.alerts or not active:
        return proposals
    active = measured(found, configured().rules, active)
    active = await tried(found, configured(), active)
    by_id = {one.product.id: one for one in active}
    return [by_id.get(one.product.id, one) for one in proposals]


def _surroundings(config: Config, wanted: Files, page: tuple[str, Structure]) -> Surroundings:
    name, structure = page
    twilio, incidentio = config.twilio.base_url, config.incidentio.base_url
    return Surroundings(
        page_name=name,
        page_id=structure.page,
        page_title=structure.name,
        twilio_url=None if twilio == TwilioTable().base_url else twilio,
        incidentio_url=None if incidentio == IncidentIoTable().base_url else incidentio,
        tests=wanted.tests.name,
    )


def _must_be_named(config: Path) -> bool:
    """Whether commands find *config* only with --config."""
    try:
        return files.find(None, os.environ).resolve() != config.resolve()
    except ConfigError:
        return True
