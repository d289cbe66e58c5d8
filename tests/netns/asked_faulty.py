#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probes of services against servers that do it wrong: silent, cut, endless, slow, of another protocol, with another
status, with a certificate that is expired or of another name, from another address, to another question.
"""
import socket
import ssl
import struct
import threading
import time

from asked import ask, bad, done, good, make_certificates, note, ok, path

TIMEOUT = 3     # short: most of these take all of it
STREAM_KINDS = ("smtp", "imap", "rtsp", "broker", "postgresql", "mysql")
GREETING = {"smtp": b"220 a ESMTP\r\n", "imap": b"* OK a\r\n"}
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
peers = []


def guarded(handler, c):
    """What a handler meets when the other side has had enough is no finding."""
    try:
        with c:
            handler(c)
    except OSError:
        pass


def stream(handler, family=socket.AF_INET, host="127.0.0.1"):
    """A server that hands each connection to this. @return host:port"""
    server = socket.create_server((host, 0), family=family, backlog=50)

    def serve():
        while True:
            c, peer = server.accept()
            peers.append(peer[0])
            threading.Thread(target=guarded, args=(handler, c), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    port = server.getsockname()[1]
    return f"[{host}]:{port}" if family == socket.AF_INET6 else f"{host}:{port}"


def datagram(handler):
    """A server that answers each datagram with those that this makes of it: (bytes, address to send from or None)."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        while True:
            question, peer = server.recvfrom(4096)
            for answer, source in handler(question):
                if source is None:
                    server.sendto(answer, peer)
                    continue
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                    other.bind((source, server.getsockname()[1] if source != "127.0.0.1" else 0))
                    other.sendto(answer, peer)

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{server.getsockname()[1]}"


def hold(c):
    """Until the other side has gone."""
    while c.recv(4096):
        pass


def say(*parts):
    """The first at once, each of the others when something has come; then hold."""
    def handler(c):
        for i, part in enumerate(parts):
            if i > 0 and not c.recv(4096):
                return
            c.sendall(part)
        hold(c)
    return handler


def answer(*parts):
    """Each when something has come; then hold."""
    return say(b"", *parts)


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def in_tls(name, handler, first=b""):
    """TLS with this certificate, behind what is said in plain."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path("tls", name + ".pem"), path("tls", name + ".key"))

    def serve(c):
        if first:
            c.sendall(first)
            c.recv(4096)
        with context.wrap_socket(c, server_side=True) as t:
            handler(t)
    return serve


# ---- what goes wrong whatever the protocol ----

def test_silent():
    where = stream(hold)
    for kind, r in zip(STREAM_KINDS, ask(*[(kind, where) for kind in STREAM_KINDS], timeout=TIMEOUT)):
        bad(r, f"{kind}: takes the connection and says nothing", "wrong", "it takes the connection and says nothing for 3 s")
    bad(ask(("tcp", where, "banner=x"), timeout=TIMEOUT)[0], "tcp: says nothing", "wrong", "it takes the connection and says nothing")
    bad(ask(("smtp", where, "tls"), timeout=TIMEOUT)[0], "smtp: never begins TLS", "wrong", "TLS has not begun after 3 s")


def test_cut():
    def later(first):
        def handler(c):
            c.sendall(first)
            c.recv(4096)
            reset(c)
        return handler

    shut, broken = stream(lambda c: None), stream(reset)
    for kind, r, s in zip(STREAM_KINDS, ask(*[(kind, shut) for kind in STREAM_KINDS]), ask(*[(kind, broken) for kind in STREAM_KINDS])):
        bad(r, f"{kind}: hangs up", "wrong", " before it says anything")
        bad(s, f"{kind}: resets", "wrong", "it resets the connection before it says anything")
    def at_once(first):
        def handler(c):
            c.sendall(first)
            reset(c)
        return handler

    gone = [(kind, stream(at_once(GREETING[kind]))) for kind in ("smtp", "imap") for _ in range(5)]
    for (kind, _), one in zip(gone, ask(*gone)):
        bad(one, f"{kind}: says its greeting and resets", "wrong", "it resets the connection ")

    r = ask(("smtp", stream(later(GREETING["smtp"]))), ("imap", stream(later(GREETING["imap"]))),
            ("rtsp", stream(later(b"RTSP/1.0 200"))))
    for kind, one in zip(("smtp", "imap", "rtsp"), r):
        bad(one, f"{kind}: resets in the midst", "wrong", "it resets the connection before all is said")


def test_endless():
    """Without an end of the line, and with one each time: both have a limit."""
    def endless(part):
        def handler(c):
            while True:
                c.sendall(part)
        return handler

    r = ask(("smtp", stream(endless(b"220-" + b"a" * 4096))), ("imap", stream(endless(b"* OK " + b"a" * 4096))),
            ("smtp", stream(endless(b"220-still here\r\n"))), ("rtsp", stream(endless(b"RTSP/1.0 200 OK\r\n"))),
            ("tcp", stream(endless(b"a" * 4096)), "banner=x"))
    for name, one in zip(("smtp", "imap", "smtp: line after line", "rtsp", "tcp"), r):
        bad(one, f"{name}: an answer without end", "wrong", "its answer does not end")


def test_slow():
    def drip(c):
        for byte in b"220 mail.example ESMTP of a server that takes its time\r\n":
            c.sendall(bytes([byte]))
            time.sleep(0.2)

    r = ask(("smtp", stream(drip)), ("tcp", stream(drip), "banner=takes its time"), timeout=TIMEOUT)
    for kind, one in zip(("smtp", "tcp"), r):
        bad(one, f"{kind}: a byte now and then", "wrong", "its answer is not complete after 3 s")


def test_protocol():
    """All are asked at a server of HTTP."""
    where = stream(say(HTTP))
    said = {"smtp": "where the greeting 220 is due", "imap": "where the greeting * OK is due", "rtsp": "where an answer of RTSP is due",
            "broker": "it does not speak MQTT", "postgresql": "it does not speak PostgreSQL",
            "mysql": "it does not speak the protocol of MySQL"}
    for kind, r in zip(STREAM_KINDS, ask(*[(kind, where) for kind in STREAM_KINDS])):
        bad(r, f"{kind}: a server of HTTP", "wrong", said[kind])


def test_trust():
    smtp = say(b"220 a ESMTP\r\n", b"250 a\r\n")
    ready = b"220 a ESMTP\r\n"

    def starttls(name, injected=b""):
        def handler(c):
            c.sendall(ready)
            c.recv(4096)
            c.sendall(b"250-a\r\n250 STARTTLS\r\n")
            c.recv(4096)
            c.sendall(b"220 go\r\n" + injected)
            in_tls(name, say(b"", b"250 a\r\n"))(c)
        return handler

    r = ask(("smtp", stream(in_tls("expired", smtp)), "tls"), ("smtp", stream(in_tls("other", smtp)), "tls"),
            ("smtp", stream(in_tls("good", smtp)), "tls"), ("smtp", stream(starttls("expired")), "starttls"),
            ("smtp", stream(starttls("other")), "starttls"), ("smtp", stream(starttls("good")), "starttls"),
            ("smtp", stream(starttls("good", b"250 a\r\n")), "starttls"), ("broker", stream(in_tls("expired", hold)), "tls"))
    bad(r[0], "an expired certificate", "wrong", "its certificate has expired on 2021-02-03", cert_days=lambda d: d < -1000)
    bad(r[1], "a certificate of another name", "wrong", "its certificate is for another name: elsewhere.example")
    good(r[2], "a good certificate", cert_days=lambda d: d > 10000)
    bad(r[3], "STARTTLS: an expired certificate", "wrong", "its certificate has expired on 2021-02-03", protocol="TLSv1.3")
    bad(r[4], "STARTTLS: a certificate of another name", "wrong", "its certificate is for another name: elsewhere.example")
    good(r[5], "STARTTLS: a good certificate", protocol="TLSv1.3")
    bad(r[6], "STARTTLS: words in plain behind it", "wrong", "it says more before TLS has begun")
    bad(r[7], "broker: an expired certificate", "wrong", "its certificate has expired on 2021-02-03")


# ---- what each protocol may say ----

def test_status():
    cases = (
        ("smtp", "", say(b"554 go away\r\n"), 'it says "554 go away" where the greeting 220 is due'),
        ("smtp", "", say(b"421 too busy\r\n"), "421 too busy"),
        ("smtp", "", say(b"220 a\r\n", b"500 what?\r\n"), "where 250 to EHLO is due"),
        ("smtp", "", say(b"220 \x1b[31mred\x1b[0m\r\n", b"999\r\n"), "where 250 to EHLO is due"),
        ("smtp", "starttls", say(b"220 a\r\n", b"250 STARTTLS\r\n", b"454 not now\r\n"), "where 220 to STARTTLS is due"),
        ("imap", "", say(b"* BYE full\r\n"), 'it says "* BYE full"'),
        ("imap", "", say(b"* OK a\r\n", b"a BAD no\r\n"), "where OK to CAPABILITY is due"),
        ("imap", "starttls", say(b"* OK a\r\n", b"* CAPABILITY IMAP4rev1 STARTTLSX\r\na OK\r\n"), "it offers no STARTTLS"),
        ("imap", "starttls", say(b"* OK a\r\n", b"* CAPABILITY STARTTLS\r\na OK\r\n", b"b NO\r\n"), "where OK to STARTTLS is due"),
        ("rtsp", "", answer(b"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n"), "it answers OPTIONS with status 401"),
        ("rtsp", "", answer(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n\r\n"), "it answers something that was not asked"),
        ("rtsp", "describe", answer(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nv=0\r\n"),
         "it describes no stream"),
        ("rtsp", "", answer(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999\r\n\r\n"), "where an answer of RTSP is due"),
        ("broker", "", answer(b"\x20\x02\x00\x03"), "it refuses us: it is not available (code 3)"),
        ("broker", "", answer(b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x80"), "we have no right to subscribe"),
        ("broker", "", answer(b"\x20\xff\xff\xff\xff\x01"), "it does not speak MQTT"),
        ("broker", "v5", answer(b"\x20\x03\x00\x00\x00", b"\xe0\x01\x8b"), "it ends the session (code 139)"),
        ("postgresql", "", answer(b"E\0\0\0\x17SFATAL\0C57P03\0Mno\0\0"), "it takes no connection: 57P03 no"),
        ("postgresql", "", answer(b"E\0\0\0\x17SFATAL\0CXX000\0Mno\0\0"), "it takes no connection: XX000 no"),
        ("mysql", "", say(b"\x1a\0\0\0\x0a9.9\0" + b"\0" * 21, b"\x07\0\0\x02\xff\x51\x04full"), "it takes no connection: 1105 full"),
        ("mysql", "", say(b"\x1a\0\0\0\x0a9.9\0" + b"\0" * 21, b"\x01\0\0\x02\xff"), "its refusal makes no sense"),
        ("postgresql", "starttls", answer(b"N"), "it offers no TLS"),
        ("postgresql", "", answer(b"R\xff\xff\xff\xff"), "it does not speak PostgreSQL"),
        ("mysql", "", say(b"\x0e\0\0\0\xff\x69\x04Host barred"), "it takes no connection: 1129 Host barred"),
        ("mysql", "starttls", say(b"\x1a\0\0\0\x0a9.9\0" + b"\0" * 21), "it offers no TLS"),
        ("mysql", "", say(b"\x05\0\0\0\x09old\0"), "it does not speak the protocol of MySQL"),
        ("tcp", "banner=SSH", say(b"220 ftp\r\n"), 'it says "220 ftp", without "SSH"'),
    )
    for (kind, expect, _, said), r in zip(cases, ask(*[(kind, stream(handler), expect) for kind, expect, handler, _ in cases])):
        bad(r, kind, "wrong", said)
    red = ask(("smtp", stream(say(b"220 \x1b[31mred\r\n", b"250 a\r\n"))))[0]
    good(red, "letters that would change a terminal are made visible", banner="\\x1b[31mred")


def test_good_ones():
    """So that the tests above fail for what they are about."""
    r = ask(("smtp", stream(say(b"220-a\r\n220 b\r\n", b"250-a\r\n250 HELP\r\n"))),
            ("imap", stream(say(b"* PREAUTH a\r\n", b"* CAPABILITY IMAP4rev1\r\n* 1 EXISTS\r\na OK done\r\n"))),
            ("rtsp", stream(answer(b"rtsp/1.0 200 OK\r\ncseq :  1 \r\npublic: OPTIONS\r\n\r\n"))),
            ("postgresql", stream(answer(b"R\0\0\0\x08\0\0\0\0S\0\0\0\x1bserver_version\x0015.18 x\0Z\0\0\0\x05I"))),
            ("mysql", stream(say(b"\x1a\0\0\0\x0a9.9\0" + b"\0" * 21, b"\x01\0\0\x02\xfe", b"\x01\0\0\x04\0"))),
            ("tcp", stream(say(b"login: ")), "banner=login:"))
    good(r[0], "smtp", banner="a")
    good(r[1], "imap", banner="PREAUTH a")
    good(r[2], "rtsp", methods="OPTIONS")
    good(r[3], "postgresql: one that lets us in", version="15.18 x", auth="none")
    good(r[4], "mysql: one that wants the password in another way, and lets us in", version="9.9")
    good(r[5], "tcp: a prompt without an end of line", banner="login: ")


# ---- over UDP ----

def sip_answer(question, status="200 OK", branch=None, call=None, cseq=None):
    lines = dict(line.split(": ", 1) for line in question.decode().split("\r\n")[1:] if ": " in line)
    if branch:
        lines["Via"] = lines["Via"].split("branch=")[0] + "branch=" + branch
    return (f"SIP/2.0 {status}\r\nv: {lines['Via']}\r\nf: {lines['From']}\r\nt: {lines['To']};tag=x\r\ni: {call or lines['Call-ID']}\r\n"
            f"CSeq: {cseq or lines['CSeq']}\r\nServer: fake\r\nContent-Length: 0\r\n\r\n").encode()


def test_sip():
    def ours_last(q):
        return [(b"rubbish", None), (sip_answer(q, call="x"), None), (sip_answer(q, "100 Trying"), None), (sip_answer(q), None)]

    where = {
        "another branch in Via": datagram(lambda q: [(sip_answer(q, branch="z9hG4bK1"), None)]),
        "another Call-ID": datagram(lambda q: [(sip_answer(q, call="1@a"), None)]),
        "another CSeq": datagram(lambda q: [(sip_answer(q, cseq="2 OPTIONS"), None)]),
        "no answer of SIP": datagram(lambda q: [(b"\0" * 100, None)]),
        "not yet a final one": datagram(lambda q: [(sip_answer(q, "100 Trying"), None)]),
    }
    other = (datagram(lambda q: [(sip_answer(q), "127.0.0.2")]), datagram(lambda q: [(sip_answer(q), "127.0.0.1")]))
    r = ask(("sip", datagram(ours_last)), ("sip", other[0]), ("sip", other[1]), ("sip", datagram(lambda q: [(sip_answer(q, "503 No"), None)])),
            *[("sip", w) for w in where.values()], timeout=TIMEOUT)
    good(r[0], "sip: answers to others, then ours", status=200, banner="fake")
    bad(r[1], "sip: from another address", "silent", "no answer after 3 s")
    bad(r[2], "sip: from another port", "silent", "no answer after 3 s")
    bad(r[3], "sip: another status", "wrong", "it answers OPTIONS with status 503", status=503)
    for why, one in zip(where, r[4:]):
        bad(one, "sip", "wrong", f"no answer to our question after 3 s, but 3 to others ({why})", status=None)


def ntp_answer(question, mode=4, leap=0, stratum=2, origin=None, ahead=0.0, refid=b"GPS\0", taken=0.0):
    now = time.time() + 2208988800 + ahead
    stamps = [struct.pack("!II", int(t), int(t % 1 * 2 ** 32)) for t in (now, now + taken)]
    return bytes([leap << 6 | 4 << 3 | mode, stratum, 0, 0]) + b"\0" * 8 + refid + b"\0" * 8 + (origin or question[40:48]) + b"".join(stamps)


def test_ntp():
    asked = []

    def third_time(q):
        asked.append(q)
        return [(ntp_answer(q), None)] if len(asked) == 3 else []

    def late(q):
        """Answers the first question when the second has come."""
        asked.append(q)
        return [(ntp_answer(asked[0]), None)] if len(asked) > 1 else []

    r = ask(("ntp", datagram(lambda q: [(ntp_answer(q, origin=b"12345678"), None), (ntp_answer(q, ahead=100), None)])),
            ("ntp", datagram(lambda q: [(ntp_answer(q, ahead=-3600), None)]), "max_offset_s=1"),
            ("ntp", datagram(lambda q: [(ntp_answer(q, stratum=0, refid=b"RATE"), None)])),
            ("ntp", datagram(lambda q: [(ntp_answer(q, leap=3), None)])), ("ntp", datagram(lambda q: [(ntp_answer(q, stratum=16), None)])),
            ("ntp", datagram(lambda q: [(ntp_answer(q, taken=-5), None)])), ("ntp", datagram(lambda q: [(ntp_answer(q), "127.0.0.2")])),
            ("ntp", datagram(lambda q: [(ntp_answer(q, origin=b"12345678"), None)])), ("ntp", datagram(lambda q: [(q, None)])),
            ("ntp", datagram(lambda q: [(ntp_answer(q)[:47], None)])), timeout=TIMEOUT)
    good(r[0], "ntp: an answer to another question, then ours", stratum=2, offset_s=lambda s: 99 < s < 101)
    bad(r[1], "ntp: an hour behind", "wrong", "its clock and ours differ by -3", offset_s=lambda s: -3601 < s < -3599)
    bad(r[2], "ntp: a kiss", "wrong", "it refuses to give the time (RATE)", stratum=None)
    bad(r[3], "ntp: its clock is not set", "wrong", "its clock is not set (stratum 2)", offset_s=None)
    bad(r[4], "ntp: stratum 16", "wrong", "its clock is not set (stratum 16)")
    bad(r[5], "ntp: sent before it was received", "wrong", "it says that it answered before it was asked", offset_s=None)
    bad(r[6], "ntp: from another address", "silent", "no answer after 3 s")
    bad(r[7], "ntp: to another question", "wrong", "but 3 to others (another origin stamp)")
    bad(r[8], "ntp: our own question", "wrong", "but 3 to others (no answer of NTP)")
    bad(r[9], "ntp: cut", "wrong", "but 3 to others (no answer of NTP)")
    good(ask(("ntp", datagram(third_time)), timeout=TIMEOUT)[0], "ntp: the question is put three times", stratum=2)
    ok(len({q[40:48] for q in asked}) == 3, "... with another stamp each time")
    asked.clear()
    good(ask(("ntp", datagram(late)), timeout=TIMEOUT)[0], "ntp: a late answer is held against its own question",
         offset_s=lambda s: abs(s) > 0.3)


# ---- the way ----

def test_way():
    where = stream(say(b"220 a\r\n", b"250 a\r\n"))
    peers.clear()
    good(ask(("smtp", where), options=("-s", "127.0.0.3"))[0], "from a source address")
    ok(peers == ["127.0.0.3"], f"... which the server sees: {peers}")
    good(ask(("smtp", where), options=("-i", "lo"))[0], "through an interface")
    for option in (("-i", "nosuch0"), ("-s", "192.0.2.1"), ("-s", "2001:db8::1")):
        bad(ask(("smtp", where), options=option)[0], f"by a way that is not there: {option[1]}", "", "", quality="unknown")
    try:
        v6 = stream(say(b"220 a\r\n", b"250 a\r\n"), socket.AF_INET6, "::1")
    except OSError as e:
        note(f"no IPv6 here: {e}")
    else:
        good(ask(("smtp", v6))[0], "by IPv6")


make_certificates()
for test in (test_good_ones, test_silent, test_cut, test_endless, test_slow, test_protocol, test_trust, test_status, test_sip, test_ntp, test_way):
    test()
done()
