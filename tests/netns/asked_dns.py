#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe of DNS against Debian's nsd, and against servers that are silent, that lie, and that others answer for."""
import socket
import struct
import threading

from asked import ask, bad, done, end, free_port, good, is_missing, log_of, note, ok, path, spawn, wait_listening, write

ZONE = """$ORIGIN pontianak.example.
$TTL 300
@ IN SOA ns1 hostmaster 2026112801 3600 600 86400 60
@ IN NS ns1
@ IN MX 10 mail
ns1 IN A 127.0.0.1
mail IN A 10.1.0.25
www 60 IN CNAME portal
portal IN A 10.1.0.13
two IN A 10.1.0.14
two IN A 10.1.0.15
six IN AAAA 2001:db8::13
loop IN CNAME loop2
loop2 IN CNAME loop
short IN TXT "v=spf1 -all"
""" + "".join(f'long IN TXT "{i:02} {"x" * 60}"\n' for i in range(40))

CONF = """server:
  ip-address: 127.0.0.1@%d
  username: ""
  zonesdir: "%s"
  database: ""
  pidfile: "%s/nsd.pid"
  xfrdfile: "%s/xfrd.state"
  zonelistfile: "%s/zone.list"
  xfrdir: "%s"
  server-count: 1
remote-control:
  control-enable: no
zone:
  name: pontianak.example
  zonefile: zone
"""


def serve(answer):
    """A server of UDP in a thread; answer(socket, question, from) sends what it likes. @return its port"""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))

    def run():
        while True:
            question, whence = s.recvfrom(4096)
            answer(s, question, whence)
    threading.Thread(target=run, daemon=True).start()
    return s.getsockname()[1]


def answer_of(question, address="10.1.0.13", flags=0x8180, number=None, name=None):
    """An answer of one address to this question."""
    at = 12
    while question[at]:
        at += 1 + question[at]
    at += 5
    number = struct.unpack(">H", question[:2])[0] if number is None else number
    body = question[12:at] if name is None else name + question[at - 4:at]
    return struct.pack(">HHHHHH", number, flags, 1, 1, 0, 0) + body + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address)


def test_nsd():
    port = free_port()
    write("zone", ZONE)
    here = path()
    p = spawn("nsd", "-d", "-c", write("nsd.conf", CONF % (port, here, here, here, here, here)))
    if not ok(wait_listening(port, p), "nsd listens"):
        note(log_of("nsd"))
        return
    at = f"@127.0.0.1:{port}"
    r = ask(("dns", "portal.pontianak.example" + at, "answer=10.1.0.13"), ("dns", "www.pontianak.example" + at, "type=A"),
            ("dns", "PORTAL.Pontianak.Example." + at, "answer=10.9.9.9"), ("dns", "two.pontianak.example" + at, "answer=10.1.0.14"),
            ("dns", "two.pontianak.example" + at, "answer=10.1.0.15|answer=10.1.0.14"),
            ("dns", "six.pontianak.example" + at, "type=AAAA|answer=2001:db8::13"), ("dns", "six.pontianak.example" + at))
    good(r[0], "dns: an address", answer="10.1.0.13", ttl_s=300, rcode=[0, "NOERROR"], authentic=0, serial=None)
    good(r[1], "dns: by an alias", answer="10.1.0.13", ttl_s=60)
    bad(r[2], "dns: another address than expected", "wrong", "it answers 10.1.0.13, not 10.9.9.9", answer="10.1.0.13")
    bad(r[3], "dns: one address too many", "wrong", "it answers 10.1.0.15, too")
    good(r[4], "dns: both are expected", answer=lambda a: sorted(a.split(", ")) == ["10.1.0.14", "10.1.0.15"])
    good(r[5], "dns: an address of IPv6", answer="2001:db8::13")
    bad(r[6], "dns: a name without an address of IPv4", "wrong", "it has no A record of the name", rcode=[0, "NOERROR"])

    r = ask(("dns", "pontianak.example" + at, "type=SOA|serial_min=2026112801"),
            ("dns", "pontianak.example" + at, "type=SOA|serial_min=2026112802"),
            ("dns", "pontianak.example" + at, "type=MX|answer=mail.pontianak.example"),
            ("dns", "pontianak.example" + at, "type=NS|answer=ns2.pontianak.example"),
            ("dns", "short.pontianak.example" + at, "type=TXT|answer=v=spf1 -all"),
            ("dns", "long.pontianak.example" + at, "type=TXT"), ("dns", "loop.pontianak.example" + at))
    good(r[0], "dns: the serial of a zone", serial=2026112801, answer=lambda a: a.startswith("ns1.pontianak.example hostmaster."))
    bad(r[1], "dns: an old serial", "wrong", "its serial is 2026112801, below 2026112802", serial=2026112801)
    good(r[2], "dns: who takes mail", answer="10 mail.pontianak.example")
    bad(r[3], "dns: another server of names", "wrong", "it answers ns1.pontianak.example, not ns2.pontianak.example")
    good(r[4], "dns: a text", answer="v=spf1 -all")
    good(r[5], "dns: what is too long for a datagram comes over TCP", answer=lambda a: a.count("x" * 60) >= 2,
         connect_s=lambda s: s > 0)
    bad(r[6], "dns: aliases in a circle", "wrong", "")

    r = ask(("dns", "nobody.pontianak.example" + at), ("dns", "elsewhere.example" + at),
            ("dns", "portal.pontianak.example" + at, "authentic"), ("dns", "portal.pontianak.example" + at, "max_s=0"))
    bad(r[0], "dns: no such name", "wrong", "it says that the name does not exist (NXDOMAIN)", rcode=[3, "NXDOMAIN"], answer=None)
    bad(r[1], "dns: a zone that it does not have", "wrong", "it says REFUSED", rcode=[5, "REFUSED"])
    bad(r[2], "dns: not authentic", "wrong", "its answer is not authentic", authentic=0, answer="10.1.0.13")
    bad(r[3], "dns: too slow", "wrong", "0 are allowed", answer="10.1.0.13")

    # Our own resolver is this server, too.
    r = ask(("dns", "portal.pontianak.example"), ("dns", "nobody.pontianak.example"), ("dns", "elsewhere.example"),
            ("dns", f"portal.pontianak.example@ns1.pontianak.example:{port}"),
            ("dns", f"portal.pontianak.example@nobody.pontianak.example:{port}"), ("dns", f"portal.pontianak.example@else.example"),
            options=("-r", f"127.0.0.1:{port}"))
    good(r[0], "dns: the resolver of this host", answer="10.1.0.13")
    bad(r[1], "dns: which says that there is no such name", "wrong", "(NXDOMAIN)")
    bad(r[2], "dns: which refuses: not the fault of the name", "", "", quality="unknown", rcode=[5, "REFUSED"])
    good(r[3], "dns: a server by its name", answer="10.1.0.13")
    bad(r[4], "dns: a server whose name does not exist", "wrong", "its name does not exist")
    bad(r[5], "dns: a server whose name our resolver does not tell", "", "", quality="unknown")
    end(p)
    bad(ask(("dns", "portal.pontianak.example" + at))[0], "dns: it has ended", "wrong", f"nobody listens on port {port}")
    bad(ask(("dns", "portal.pontianak.example"), options=("-r", f"127.0.0.1:{port}"))[0], "dns: our resolver has ended", "", "",
        quality="unknown")


def test_silent():
    port = serve(lambda s, question, whence: None)
    bad(ask(("dns", f"portal.example@127.0.0.1:{port}"), timeout=1)[0], "dns: no answer", "silent", "no answer after 1 s",
        answer=None)
    asked = []

    def third_time(s, question, whence):
        asked.append(question[:2])
        if len(asked) == 3:
            s.sendto(answer_of(question), whence)
    port = serve(third_time)
    good(ask(("dns", f"portal.example@127.0.0.1:{port}"), timeout=3)[0], "dns: an answer to the third question", answer="10.1.0.13")
    ok(len(set(asked)) > 1, f"... each with a number of its own: {asked}")


def test_spoofed():
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.1", 0))

    def wrong(s, question, whence):
        number = struct.unpack(">H", question[:2])[0]
        stranger.sendto(answer_of(question, "10.66.6.6"), whence)
        s.sendto(answer_of(question, "10.66.6.6", number=number ^ 1), whence)
        s.sendto(answer_of(question, "10.66.6.6", name=b"\5other\7example\0"), whence)
        s.sendto(answer_of(question, "10.66.6.6", flags=0x0100), whence)
        s.sendto(question[:7], whence)

    def wrong_then_right(s, question, whence):
        wrong(s, question, whence)
        s.sendto(answer_of(question), whence)

    r = ask(("dns", f"portal.example@127.0.0.1:{serve(wrong_then_right)}", "answer=10.1.0.13"),
            ("dns", f"portal.example@127.0.0.1:{serve(wrong)}", "answer=10.66.6.6"), timeout=1)
    good(r[0], "dns: forged answers before the right one are not heard", answer="10.1.0.13")
    bad(r[1], "dns: forged ones alone are none", "wrong", "no answer to our question after 1 s, but", answer=None)

    r = ask(("dns", f"portal.example@127.0.0.1:{serve(lambda s, q, w: s.sendto(answer_of(q, flags=0x81a0), w))}", "authentic"),
            ("dns", f"portal.example@127.0.0.1:{serve(lambda s, q, w: s.sendto(answer_of(q)[:-2], w))}"),
            ("dns", f"portal.example@127.0.0.1:{serve(lambda s, q, w: s.sendto(answer_of(q, flags=0x8380), w))}"))
    good(r[0], "dns: authentic", authentic=1)
    bad(r[1], "dns: one that breaks off", "wrong", "its answer holds a record that cannot be read")
    bad(r[2], "dns: cut, and nobody there over TCP", "wrong", "it refuses the connection to port")


def test_words():
    r = ask(("dns", "portal.example@", ""), ("dns", "portal.example@10.0.0.1:0"), ("dns", "a b@10.0.0.1"),
            ("dns", "portal.example@10.0.0.1", "type=AAA"), ("dns", "portal.example@10.0.0.1", "anwser=10.0.0.1"),
            ("dns", "portal.example@10.0.0.1", "serial_min=7"))
    for got, reason in zip(r, ("names no host", "is no port", "neither a name", 'did you mean "AAAA"?', 'did you mean "answer"?',
                               'wants "type=SOA" beside it')):
        bad(got, "dns: refused", "", reason, quality="refused")


if is_missing("nsd"):
    ok(True, "nsd # SKIP no nsd")
else:
    test_nsd()
test_silent()
test_spoofed()
test_words()
done()
