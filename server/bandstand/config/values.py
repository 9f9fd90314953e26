"""Single values of config.yml that a type alone does not describe: addresses, patterns, times."""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

from bandstand.errors import BandstandError
from bandstand.model.field import FARTHEST, is_offset, is_scale
from bandstand.model.time import parse_time

DEFAULT_TIMES = ("latest", "earliest", "all")


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("expected an address or a network such as 10.0.0.0/8") from None
    return text


def _workers(value: int | str) -> int | str:
    if isinstance(value, int) and value < 1:
        raise ValueError("expected auto or a number from 1 up")
    return value


def _scale(value: float) -> float:
    if value == 0:
        raise ValueError("a scale of 0 would leave nothing of the numbers")
    if not is_scale(value):
        raise ValueError(f"lies beyond what can be computed with: from {1 / FARTHEST:g} to {FARTHEST:g}")
    return value


def _offset(value: float) -> float:
    if not is_offset(value):
        raise ValueError(f"lies beyond what can be computed with: from {1 / FARTHEST:g} to {FARTHEST:g}, or 0")
    return value


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"is no regular expression ({error})") from error
    return text


def _spelled(value: Any) -> Any:
    # YAML makes a date of what looks like one.
    return value.isoformat() if isinstance(value, date) else value


def _default_time(text: str) -> str:
    if text in DEFAULT_TIMES:
        return text
    try:
        members = parse_time(text).members
    except BandstandError:
        members = ()
    if len(members) != 1 or members[0].kind == "default":
        raise ValueError(f"expected {', '.join(DEFAULT_TIMES)} or one ISO 8601 time")
    return text


Network = Annotated[str, AfterValidator(_network)]
Workers = Annotated[int | Literal["auto"], AfterValidator(_workers)]
Scale = Annotated[float, AfterValidator(_scale)]
Offset = Annotated[float, AfterValidator(_offset)]
Pattern = Annotated[str, AfterValidator(_pattern)]
DefaultTime = Annotated[str, BeforeValidator(_spelled), AfterValidator(_default_time)]

__all__ = ["DEFAULT_TIMES", "DefaultTime", "Network", "Offset", "Pattern", "Scale", "Workers"]
