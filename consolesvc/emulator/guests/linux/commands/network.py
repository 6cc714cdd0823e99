"""Commands about the network, of which this machine has only the description."""

from __future__ import annotations

import re

from consolesvc.emulator.guests.linux.kernel import vary
from consolesvc.emulator.guests.linux.session import Call, UsageProblem, integer
from consolesvc.emulator.guests.program import Interrupted, Program, work

_ETHERNET = "<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc pfifo_fast state UP group default qlen 1000"


def ip(call: Call) -> int:
    """`ip [addr|link|route]`: interfaces, addresses, routes."""
    _, words = call.options("46cbr")
    what = words[0] if words else ""
    kernel = call.session.kernel
    if not what or not {"address", "link", "route"} & {
        name for name in ("address", "link", "route") if name.startswith(what)
    }:
        raise UsageProblem(f'Object "{what}" is unknown; expected: ip [ addr | link | route ]')
    if "route".startswith(what):
        call.out(
            f"default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src {kernel.address}\n"
        )
        return 0
    addresses = "address".startswith(what)
    call.out("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n")
    call.out("    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n")
    if addresses:
        call.out("    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n")
    call.out(f"2: eth0: {_ETHERNET}\n    link/ether {kernel.mac} brd ff:ff:ff:ff:ff:ff\n")
    if addresses:
        call.out(f"    inet {kernel.address}/24 brd 192.0.2.255 scope global eth0\n")
        call.out("       valid_lft forever preferred_lft forever\n")
    return 0


def ifconfig(call: Call) -> int:
    """`ifconfig`: interfaces and addresses."""
    kernel = call.session.kernel
    call.out("eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500\n")
    call.out(f"        inet {kernel.address}  netmask 255.255.255.0  broadcast 192.0.2.255\n")
    call.out(f"        ether {kernel.mac}  txqueuelen 1000  (Ethernet)\n\n")
    call.out("lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n")
    return 0


def ping(call: Call) -> Program[int]:
    """`ping [-c COUNT] HOST`: only this machine itself answers."""
    count, hosts, args = 0, list[str](), list(call.args)
    while args:
        arg = args.pop(0)
        if match := re.fullmatch(r"-c(\d*)", arg, re.ASCII):
            count = integer(match[1] or (args.pop(0) if args else ""), "invalid count")
        else:
            hosts.append(arg)
    if len(hosts) != 1:
        raise UsageProblem("expected: ping [-c COUNT] HOST")
    kernel = call.session.kernel
    own = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", kernel.address: kernel.address}
    address = {**own, kernel.hostname: kernel.address}.get(hosts[0])
    if address is None:
        return call.complain(f"{hosts[0]}: this fake server has no network; only localhost answers", 2)
    call.out(f"PING {hosts[0]} ({address}) 56(84) bytes of data.\n")
    sent = 0
    try:
        while sent < count or count <= 0:
            sent += 1
            took = 30 + vary(kernel.name, f"ping {sent}", 40)
            call.out(f"64 bytes from {address}: icmp_seq={sent} ttl=64 time=0.0{took} ms\n")
            if sent != count:
                yield from work(1.0)
    except Interrupted:
        call.out("\n")
    call.out(f"--- {hosts[0]} ping statistics ---\n{sent} packets transmitted, {sent} received, 0% packet loss\n")
    return 0


def absent(call: Call) -> int:
    """`ssh, curl, apt, ...`: there is no network here."""
    call.err(f"{call.name}: this fake server has no network, only a serial line\n")
    return 1
