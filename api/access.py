"""Who asks and whether they may: API keys, the client's address, rate limits."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.responses import Response

from api.failures import failure
from api.limits import Allowance, RateLimiter
from shared.settings import ApiSettings, listed

# Without a key and without a limit: who watches over the service must always reach it.
OPEN_PATHS = frozenset({"/health", "/health/live"})
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="RaceDay", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """A client as limits know it, and what it has left."""

    client: str
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in place of the one that was asked for."""

    response: Response
    allowance: Allowance | None = None


class Access:
    """Decides who may read."""

    def __init__(self, settings: ApiSettings) -> None:
        # Only hashes are kept, so that a dump of this process does not give the keys away.
        self._digests = tuple(sha256(key.encode()).digest() for key in settings.keys)
        self._proxies = tuple(ip_network(network, strict=False) for network in listed(settings.trusted_proxies))
        self._limiter = RateLimiter(settings.rate_limit)

    def admit(self, path: str, peer: str | None, headers: Mapping[bytes, bytes]) -> Caller | Refusal:
        """Return who asks, or the refusal: 401 without a right key, 429 beyond the limit."""
        address = self.address_of(peer, headers.get(b"x-forwarded-for"))
        if path in OPEN_PATHS:
            return Caller(address)
        if not self._digests:
            return self._within_limit(address)
        key = key_of(headers)
        digest = self._matching(key) if key else None
        if digest is None:
            # Counted apart, so that guessing keys costs the guesser and nobody who shares his address.
            caller = self._within_limit(f"keyless {address}")
            if isinstance(caller, Refusal):
                return caller
            text = "the key is not right" if key else "a key is needed: X-API-Key, or the password of Basic"
            return Refusal(failure(401, text, headers=_CHALLENGE), caller.allowance)
        return self._within_limit(f"{digest.hex()[:12]} {address}")

    def address_of(self, peer: str | None, forwarded: bytes | None) -> str:
        """Return the client's address: the peer's, or what trusted proxies, and only they, say of it."""
        address = peer or "local"
        if forwarded is None or not self._proxies or not self._is_proxy(address):
            return _counted(address)
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            address = hop.strip()
            if not self._is_proxy(address):
                break
        return _counted(address)

    def _within_limit(self, client: str) -> Caller | Refusal:
        allowance = self._limiter.take(client)
        if allowance is None or allowance.retry_after_s is None:
            return Caller(client, allowance)
        return Refusal(failure(429, f"more than {allowance.limit} requests a minute"), allowance)

    def _matching(self, key: str) -> bytes | None:
        """Return the digest of a right key, in a time that does not tell which one or how nearly."""
        given = sha256(key.encode("utf-8", "surrogateescape")).digest()
        found = None
        for digest in self._digests:
            if compare_digest(given, digest):
                found = digest
        return found

    def _is_proxy(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in network for network in self._proxies)


def key_of(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the key a request carries: X-API-Key, or the password of Basic."""
    if given := headers.get(b"x-api-key"):
        return given.decode("latin-1").strip()
    scheme, _, encoded = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair.partition(":")[2] or None


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None  # a socket for both tells IPv4 like that
    return mapped or parsed


@lru_cache(maxsize=4096)
def _counted(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, or the /64 that an IPv6 customer gets."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed) >> 64 << 64, 64)))
    return address[:64] if parsed is None else str(parsed)
