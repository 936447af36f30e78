"""Messages to a webhook: only to hosts that are listed, checked on the very address that is connected to.

A name is resolved once and the connection goes to what was found, so that a second answer of the name server cannot
lead elsewhere. Addresses that are not public (loopback, private, link-local such as the metadata service of clouds)
are refused unless the list names them or their network. Redirects are not followed; proxies are not asked.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dash_app.domain.errors import ConfigError, NotDelivered
from dash_app.domain.letters import json_of
from dash_app.domain.notices import Message

TIMEOUT_S = 5.0
MOST_READ = 4096
NAT64 = ipaddress.ip_network("64:ff9b::/96")
PORTS = {"https": 443, "http": 80}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Allowed:
    """WEBHOOK_ALLOW: names of hosts, and addresses or networks that may be reached although they are not public."""

    hosts: frozenset[str]
    networks: tuple[Network, ...]

    def host(self, host: str) -> bool:
        """Return whether a URL may name this host."""
        address = _as_address(host)
        return host in self.hosts or (address is not None and self._listed(address))

    def address(self, address: Address) -> bool:
        """Return whether this address may be connected to."""
        return self._listed(address) or _is_public(_embedded(address))

    def _listed(self, address: Address) -> bool:
        return any(address.version == network.version and address in network for network in self.networks)


class WebhookSender:
    """The Sender port by HTTP. The body is signed with `secret` (HMAC-SHA256) where there is one."""

    def __init__(
        self,
        allowed: Allowed,
        secret: str,
        place_of: Callable[[str], str],
        address: str,
        resolve: Resolve | None = None,
    ) -> None:
        self._allowed, self._secret, self._place_of, self._address = allowed, secret, place_of, address
        self._resolve = resolve or resolved

    def send(self, message: Message) -> None:
        """Post a message to its address; raise NotDelivered for anything but a 2xx."""
        url = urlsplit(message.address)
        host, port = url.hostname or "", url.port or PORTS.get(url.scheme, 0)
        found = self._reachable(host, port)
        if url.scheme != "https" and not (url.scheme == "http" and not _is_public(found)):
            raise NotDelivered(f"{host}: https is needed.")
        body = json_of(message, self._place_of(message.notice.project_id), self._address)
        try:
            status = _post(url, str(found), port, body, self._headers(message, body))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NotDelivered(f"{host}: {type(error).__name__}.") from error
        if not 200 <= status < 300:
            said = "a redirect, which is not followed" if 300 <= status < 400 else f"status {status}"
            raise NotDelivered(f"{host} answered {said}.")

    def _reachable(self, host: str, port: int) -> Address:
        """Return the address to connect to; raise NotDelivered when the host is not listed or leads inside."""
        if not self._allowed.host(host):
            raise NotDelivered(f"{host or 'this address'} is not in WEBHOOK_ALLOW.")
        try:
            found = [ipaddress.ip_address(text.split("%")[0]) for text in self._resolve(host, port)]
        except OSError as error:
            raise NotDelivered(f"{host} cannot be found: {type(error).__name__}.") from error
        fit = next((address for address in found if self._allowed.address(address)), None)
        if fit is None:
            raise NotDelivered(f"{host} leads to an address that is not public and not in WEBHOOK_ALLOW.")
        return fit

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "energy-dashboard"}
        if self._secret:
            signature = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
            headers["X-Energy-Signature"] = f"sha256={signature}"
        return headers | {"X-Energy-Message": str(message.message_id)}


def allowed_from(text: str) -> Allowed:
    """Return what WEBHOOK_ALLOW lists, separated by commas; raise ConfigError.

    >>> allowed = allowed_from("hooks.example.org, 10.1.0.0/16")
    >>> allowed.host("hooks.example.org"), allowed.host("example.org"), allowed.host("10.1.2.3")
    (True, False, True)
    """
    hosts, networks = set(), []
    for part in filter(None, (one.strip().lower() for one in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(part))
        except ValueError:
            if "/" in part or ":" in part or "*" in part:
                raise ConfigError(f"WEBHOOK_ALLOW: {part!r} is no host, address or network.") from None
            hosts.add(part)
    return Allowed(frozenset(hosts), tuple(networks))


def check_hook(url: str, allowed: Allowed) -> None:
    """Refuse an address that could never be posted to; raise ConfigError without the address, which may be a secret."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0 and not parts.username
    except ValueError:
        fits = False
    if not fits:
        raise ConfigError("NOTIFY_WEBHOOK: https://host/path is expected.")
    if not allowed.host(parts.hostname or ""):
        raise ConfigError(f"NOTIFY_WEBHOOK: {parts.hostname} is not in WEBHOOK_ALLOW.")


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host; raise OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._checked, self._context = address, context

    def connect(self) -> None:
        """Connect to the checked address, and to no other."""
        plain = socket.create_connection((self._checked, self.port), self.timeout)
        self.sock: Any = plain if self._context is None else self._context.wrap_socket(plain, server_hostname=self.host)


def _post(url: Any, address: str, port: int, body: bytes, headers: dict[str, str]) -> int:
    context = ssl.create_default_context() if url.scheme == "https" else None
    connection = _Pinned(url.hostname, port, address, context)
    try:
        connection.request("POST", (url.path or "/") + (f"?{url.query}" if url.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status
    finally:
        connection.close()


def _as_address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _embedded(address: Address) -> Address:
    """Return the IPv4 address inside of an IPv6 one that only wraps it, else the address itself."""
    if address.version == 4:
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved
