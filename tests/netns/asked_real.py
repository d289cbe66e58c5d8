#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probes of services against the servers of Debian, each a plain process on a free port: state, reason and facts.

    asked_real.py [NAME]...     only these: port, smtp, imap, ...
"""
import os
import pwd
import shutil
import socket
import struct
import sys

from asked import ask, bad, done, end, free_port, good, is_missing, log_of, make_certificates, note, ok, path, program, spawn, \
    wait, wait_listening, write
import tap


def skip(name, why):
    """TAP's word for it: one point that counts as passed."""
    ok(True, f"{name} # SKIP {why}")


def user_exists(name):
    try:
        pwd.getpwnam(name)
        return True
    except KeyError:
        return False


def started(name, p, port):
    if ok(wait_listening(port, p), f"{name} listens"):
        return True
    note(log_of(name))
    return False


def ask_full(kind, port, first=b""):
    """With its slots taken by connections that say this and nothing more, which are new at each try. @return the last answer"""
    one = [None]

    def is_wrong():
        taken = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        for s in taken:
            s.sendall(first)
        one[0] = ask((kind, f"127.0.0.1:{port}"))[0]
        for s in taken:
            s.close()
        return one[0]["state"] == "wrong"
    wait(is_wrong)
    return one[0]


def test_smtp():
    if is_missing("smtpd") or os.geteuid() != 0:
        return skip("smtp", "no opensmtpd, or not root")
    port = free_port()
    write("smtpd.conf", f"""listen on 127.0.0.1 port {port} hostname mail.pontianak.example
action "a" relay
match from local for any action "a"
""", 0o600)
    # Its control socket and its spool have fixed places: they are its own in a mount namespace.
    p = spawn("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /run && mount -t tmpfs -o mode=711 none /var/spool && "
              f"exec {program('smtpd')} -d -f {path('smtpd.conf')}")
    if not started("unshare", p, port):
        return
    where = f"127.0.0.1:{port}"
    r = ask(("smtp", where), ("smtp", where, "banner=OpenSMTPD"), ("smtp", where, "banner=Postfix"), ("smtp", where, "starttls"),
            ("smtp", where, "tls"))
    good(r[0], "smtp: opensmtpd", banner=lambda b: b.startswith("mail.pontianak.example ESMTP"), connect_s=lambda s: s > 0,
         protocol=None)
    good(r[1], "smtp: its banner")
    bad(r[2], "smtp: another banner", "wrong", 'without "Postfix"')
    bad(r[3], "smtp: no STARTTLS", "wrong", "it offers no STARTTLS")
    bad(r[4], "smtp: TLS where there is none", "wrong", "TLS fails: wrong version number")
    end(p)
    bad(ask(("smtp", where))[0], "smtp: it has ended", "wrong", f"it refuses the connection to port {port}")


def test_dovecot():
    """IMAP, and SMTP with TLS: that of Debian's opensmtpd finds no private key."""
    if is_missing("dovecot", "/usr/lib/dovecot/submission-login") or os.geteuid() != 0:
        return skip("imap", "no dovecot, or not root")
    ports = {name: free_port() for name in ("imap", "imaps", "submission", "submissions")}
    os.makedirs(path("dovecot"), exist_ok=True)
    listeners = ""
    for service in ("imap", "submission"):
        listeners += f"service {service}-login {{\n"
        for name, ssl in ((service, "no"), (service + "s", "yes")):
            listeners += f"  inet_listener {name} {{\n    port = {ports[name]}\n    ssl = {ssl}\n  }}\n"
        listeners += "}\n"
    write("dovecot.conf", f"""protocols = imap submission
listen = 127.0.0.1
base_dir = {path('dovecot')}/
log_path = {path('dovecot.messages')}
ssl = yes
ssl_cert = <{path('tls', 'good.pem')}
ssl_key = <{path('tls', 'good.key')}
login_greeting = Pontianak ready.
hostname = mail.pontianak.example
submission_relay_host = 127.0.0.1
passdb {{
  driver = static
  args = password=x
}}
{listeners}""")
    p = spawn("dovecot", "-F", "-c", path("dovecot.conf"))
    if not started("dovecot", p, ports["submissions"]):
        return
    at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
    r = ask(("imap", at["imap"]), ("imap", at["imap"], "starttls|banner=Pontianak ready."), ("imap", at["imaps"], "tls|days=14"),
            ("imap", at["imap"], "tls"), ("imap", at["submission"]), ("smtp", at["imap"]))
    good(r[0], "imap: dovecot", banner=lambda b: b.startswith("OK ["), protocol=None)
    good(r[1], "imap: STARTTLS", protocol="TLSv1.3", cert_days=lambda d: d > 10000, tls_s=lambda s: s > 0)
    good(r[2], "imap: TLS from the start", protocol="TLSv1.3")
    bad(r[3], "imap: TLS where there is none", "wrong", "TLS fails: wrong version number")
    bad(r[4], "imap: a server of SMTP", "wrong", 'it says "220 mail.pontianak.example Pontianak ready." where the greeting * OK is due')
    bad(r[5], "smtp: a server of IMAP", "wrong", "where the greeting 220 is due")
    r = ask(("smtp", at["submission"], "starttls|days=14|banner=Pontianak ready."), ("smtp", at["submissions"], "tls"),
            ("smtp", at["submission"], "starttls|days=90000"))
    good(r[0], "smtp: STARTTLS", protocol="TLSv1.3", cert_days=lambda d: d > 10000, tls_s=lambda s: s > 0)
    good(r[1], "smtp: TLS from the start", protocol="TLSv1.3", banner="mail.pontianak.example Pontianak ready.")
    bad(r[2], "smtp: a certificate that ends too soon", "wrong", "its certificate ends in")
    r = ask(("smtp", at["submission"], "starttls"), ("imap", at["imaps"], "tls"), trusted="other.pem")
    bad(r[0], "smtp: a CA that nobody knows", "wrong", "its certificate is not trusted: ", protocol="TLSv1.3",
        cert_days=lambda d: d > 10000)
    bad(r[1], "imap: ... in TLS from the start", "wrong", "its certificate is not trusted: ", protocol="TLSv1.3")
    end(p)


def test_postgresql():
    initdb = next((d for d in sorted(os.listdir("/usr/lib/postgresql")) if os.path.isdir(f"/usr/lib/postgresql/{d}/bin")), None) \
        if os.path.isdir("/usr/lib/postgresql") else None
    if initdb is None or os.geteuid() != 0 or not user_exists("postgres"):
        return skip("postgresql", "no PostgreSQL, or not root")
    bin_dir = f"/usr/lib/postgresql/{initdb}/bin"
    port = free_port()
    data = path("pg")
    os.makedirs(data)
    shutil.chown(data, "postgres", "postgres")
    as_user = ["runuser", "-u", "postgres", "--"]
    init = spawn(*as_user, f"{bin_dir}/initdb", "-D", data, "-A", "scram-sha-256", "--pwfile", write("pw", "x\n"), "-N")
    init.wait()
    for name in ("good.pem", "good.key"):
        shutil.copy(path("tls", name), os.path.join(data, name))
        shutil.chown(os.path.join(data, name), "postgres", "postgres")
        os.chmod(os.path.join(data, name), 0o600)

    def serve(hba, *options):
        with open(os.path.join(data, "pg_hba.conf"), "w", encoding="utf-8") as f:
            f.write(hba + "\n")
        p = spawn("setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", f"{bin_dir}/postgres", "-D", data, "-p",
                  str(port), "-h", "127.0.0.1", "-k", data, "-c", "ssl=on", "-c", "ssl_cert_file=good.pem", "-c",
                  "ssl_key_file=good.key", "-c", "max_connections=4", "-c", "superuser_reserved_connections=1", "-c", "authentication_timeout=600", *options)
        if not started("setpriv", p, port):
            return None
        wait(lambda: "57P03" not in ask(("postgresql", where))[0]["reason"])  # it is starting up
        return p

    where = f"127.0.0.1:{port}"
    p = serve("host all all 127.0.0.1/32 scram-sha-256")
    if p is None:
        return
    r = ask(("postgresql", where), ("postgresql", where, "starttls|days=14|auth=scram-sha-256"), ("postgresql", where, "auth=md5"))
    good(r[0], "postgresql: a server that asks for a password", auth="scram-sha-256", version=None, error=None)
    good(r[1], "postgresql: in TLS", auth="scram-sha-256", protocol="TLSv1.3", cert_days=lambda d: d > 10000)
    bad(r[2], "postgresql: asks in another way", "wrong", 'it asks who we are by "scram-sha-256", wanted is "md5"')
    # Connections that say nothing take the slots of a server with few; those that come then are too many.
    words = b"user\0postgres\0\0"
    full = ask_full("postgresql", port, struct.pack("!II", 8 + len(words), 196608) + words)
    bad(full, "postgresql: too many connections", "wrong", "it takes no connection: 53300")
    end(p)
    p = serve("host all nobody 127.0.0.1/32 md5")
    if p is not None:
        good(ask(("postgresql", where))[0], "postgresql: it has no place for us, which proves it", error=lambda e: e.startswith("28000 "))
        end(p)
    p = serve("host all all 127.0.0.1/32 trust")
    if p is not None:
        good(ask(("postgresql", where))[0], "postgresql: lets anybody in, who then is nobody",
             error=lambda e: e.startswith("28000 "), auth="none")
        end(p)


def test_mysql():
    if is_missing("mariadbd", "mariadb-install-db") or os.geteuid() != 0:
        return skip("mysql", "no mariadbd, or not root")
    port = free_port()
    data = path("mysql")
    user = "nobody"
    os.makedirs(data)
    shutil.chown(data, user)
    spawn("mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={user}", "--skip-test-db",
          "--auth-root-authentication-method=normal").wait()
    write("mysql/users.sql", "CREATE USER 'office'@'127.0.0.3' IDENTIFIED BY 'x';\n")
    for name in ("good.pem", "good.key", "ca.pem"):
        shutil.copy(path("tls", name), path("mysql", name))
        shutil.chown(path("mysql", name), user)

    def serve(*options):
        p = spawn("mariadbd", "--no-defaults", f"--datadir={data}", f"--user={user}", f"--port={port}", "--bind-address=127.0.0.1",
                  f"--socket={path('mysql', 'sock')}", f"--pid-file={path('mysql', 'pid')}", "--max-connect-errors=3",
                  f"--ssl-cert={path('mysql', 'good.pem')}", f"--ssl-key={path('mysql', 'good.key')}", *options)
        return p if started("mariadbd", p, port) else None

    where = f"127.0.0.1:{port}"
    p = serve(f"--init-file={path('mysql', 'users.sql')}")
    if p is None:
        return
    r = ask(("mysql", where), ("mysql", where, "starttls|days=14"), ("mysql", where, "version=MariaDB"), ("mysql", where, "version=9."))
    good(r[0], "mysql: mariadbd", version=lambda v: "MariaDB" in v and not v.startswith("5.5.5"), error=lambda e: e.startswith("1045 "))
    good(r[1], "mysql: in TLS", protocol=lambda v: v.startswith("TLSv1."), cert_days=lambda d: d > 10000)
    good(r[2], "mysql: a version")
    bad(r[3], "mysql: another version", "wrong", 'without "9."')
    for _ in range(3):  # from an address that is not exempt
        r = ask(*[("mysql", where)] * 10, options=("-s", "127.0.0.3"))
    good(r[9], "mysql: after 30 questions it has not shut us out", error=lambda e: e.startswith("1045 "))
    for _ in range(3):
        r = ask(*[("mysql", where)] * 10, options=("-s", "127.0.0.4"))
    good(r[9], "mysql: ... nor where none of its users may come from", error=lambda e: e.startswith("1130 "), version=None)
    end(p)
    p = serve("--max-connections=10", "--connect-timeout=3600")
    if p is not None:
        full = ask_full("mysql", port)
        bad(full, "mysql: too many connections", "wrong", "it takes no connection: 1040 ")
        end(p)


def test_broker():
    if is_missing("mosquitto", "mosquitto_passwd"):
        return skip("broker", "no mosquitto")
    plain, secure, closed, mute = (free_port() for _ in range(4))
    write("secrets/operator", "user probe\npassword s3cret word\n", 0o600)
    write("secrets/wrong", "user probe\npassword no\n", 0o600)
    write("secrets/open", "user probe\npassword s3cret word\n", 0o644)
    write("passwords", "", 0o600)
    spawn("mosquitto_passwd", "-b", path("passwords"), "probe", "s3cret word").wait()
    write("acl", "user probe\ntopic write simpul/v1/probe/#\n", 0o600)
    for name in ("passwords", "acl"):
        os.chmod(path(name), 0o644)
    os.chmod(path("tls", "good.key"), 0o644)  # mosquitto gives root up before it reads this
    write("mosquitto.conf", f"""per_listener_settings true
listener {plain} 127.0.0.1
allow_anonymous true
listener {secure} 127.0.0.1
allow_anonymous true
certfile {path('tls', 'good.pem')}
keyfile {path('tls', 'good.key')}
listener {closed} 127.0.0.1
allow_anonymous false
password_file {path('passwords')}
listener {mute} 127.0.0.1
allow_anonymous false
password_file {path('passwords')}
acl_file {path('acl')}
""")
    p = spawn("mosquitto", "-c", path("mosquitto.conf"))
    if not started("mosquitto", p, mute):
        return
    secrets = ("-c", path("secrets"))
    r = ask(("broker", f"127.0.0.1:{plain}"), ("broker", f"127.0.0.1:{plain}", "v5"), ("broker", f"127.0.0.1:{secure}", "tls|days=14"),
            ("broker", f"127.0.0.1:{closed}"), ("broker", f"127.0.0.1:{closed}", "v5"), ("broker", f"127.0.0.1:{closed}", "", "operator"),
            ("broker", f"127.0.0.1:{closed}", "v5", "operator"), ("broker", f"127.0.0.1:{closed}", "", "wrong"),
            ("broker", f"127.0.0.1:{closed}", "", "open"), ("broker", f"127.0.0.1:{plain}", "tls"), options=secrets)
    good(r[0], "broker: a round trip", round_trip_s=lambda s: 0 < s, protocol=None)
    good(r[1], "broker: in MQTT 5", round_trip_s=lambda s: 0 < s)
    good(r[2], "broker: in TLS", protocol="TLSv1.3", cert_days=lambda d: d > 10000)
    bad(r[3], "broker: without a user", "wrong", "it refuses us: we have no right to connect (code 5)")
    bad(r[4], "broker: ... in MQTT 5", "wrong", "it refuses us: we have no right to connect (code 135)")
    good(r[5], "broker: with a user", round_trip_s=lambda s: 0 < s)
    good(r[6], "broker: ... in MQTT 5")
    bad(r[7], "broker: with a wrong password", "wrong", "it refuses us: we have no right to connect (code 5)")
    bad(r[8], "broker: a secret that others may read is not used", "", "", quality="unknown")
    bad(r[9], "broker: TLS where there is none", "wrong", "when TLS begins")
    # It takes what is published and gives it to nobody: what comes back proves the way, not what is taken.
    bad(ask(("broker", f"127.0.0.1:{mute}", "", "operator"), timeout=3, options=secrets)[0], "broker: takes and hands on nothing",
        "wrong", "what was published does not come back", round_trip_s=None)
    end(p)


def test_ntp():
    if is_missing("chronyd") or os.geteuid() != 0:
        return skip("ntp", "no chronyd, or not root")
    port, unset = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)

    def serve(name, at, *lines):
        os.makedirs(path(name), exist_ok=True)
        write(f"{name}.conf", "\n".join((f"port {at}", "bindaddress 127.0.0.1", "allow 127.0.0.0/8", "cmdport 0", "bindcmdaddress /",
              f"pidfile {path(name, 'pid')}", f"driftfile {path(name, 'drift')}", *lines)) + "\n")
        return spawn("chronyd", "-x", "-d", "-u", "root", "-f", path(f"{name}.conf"))

    p, q = serve("set", port, "local stratum 5"), serve("unset", unset)
    where = f"127.0.0.1:{port}"
    ok(wait(lambda: ask(("ntp", where), timeout=2)[0]["quality"] == "good"), "chronyd answers")
    r = ask(("ntp", where), ("ntp", where, "max_offset_s=1|max_stratum=5"), ("ntp", where, "max_stratum=4"),
            ("ntp", f"127.0.0.1:{unset}"))
    good(r[0], "ntp: chronyd", stratum=5, offset_s=lambda s: abs(s) < 1, delay_s=lambda s: s >= 0)
    good(r[1], "ntp: within what is wanted")
    bad(r[2], "ntp: too far from a clock", "wrong", "its stratum is 5, at most 4 is wanted", stratum=5)
    bad(r[3], "ntp: a clock that is not set", "wrong", "its clock is not set", offset_s=None)
    end(p)
    end(q)
    bad(ask(("ntp", where))[0], "ntp: it has ended", "wrong", f"nobody listens on port {port}")


def test_sip():
    if is_missing("kamailio"):
        return skip("sip", "no kamailio")
    port = free_port(socket.SOCK_DGRAM)
    modules = next((d for d in ("/usr/lib/x86_64-linux-gnu/kamailio/modules", "/usr/lib/aarch64-linux-gnu/kamailio/modules")
                    if os.path.isdir(d)), "/usr/lib/kamailio/modules")
    write("kamailio.cfg", f"""#!KAMAILIO
debug=0
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:{port}
mpath="{modules}/"
loadmodule "sl.so"
loadmodule "pv.so"
request_route {{
	if ($rU == "busy") {{ sl_send_reply("100", "Trying"); sl_send_reply("486", "Busy Here"); exit; }}
	sl_send_reply("200", "OK");
}}
""")
    p = spawn("kamailio", "-DD", "-E", "-m", "8", "-M", "4", "-f", path("kamailio.cfg"), "-P", path("kamailio.pid"), "-Y", path())
    where = f"127.0.0.1:{port}"
    if not ok(wait(lambda: p.poll() is not None or ask(("sip", where), timeout=2)[0]["quality"] == "good"), "kamailio answers"):
        note(log_of("kamailio"))
        return
    r = ask(("sip", where), ("sip", f"sip:busy@{where}"), ("sip", f"sip:busy@{where}", "status=200,486"), ("sip", where, "banner=kamailio"))
    good(r[0], "sip: kamailio", status=200, banner=lambda b: b.startswith("kamailio"))
    bad(r[1], "sip: another status, after a provisional one", "wrong", "it answers OPTIONS with status 486", status=486)
    good(r[2], "sip: a status that is expected", status=486)
    good(r[3], "sip: its banner")
    end(p)


SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=Simpang Empat\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n" \
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:streamid=0\r\n" \
    "m=audio 0 RTP/AVP 0\r\na=control:streamid=1\r\n"


def test_rtsp():
    if is_missing("rtsp-server-perl"):
        return skip("rtsp", "no rtsp-server-perl")
    port, source = free_port(), free_port()
    p = spawn("rtsp-server-perl", "--clientport", str(port), "--serverport", str(source), "--client_listen_address", "127.0.0.1",
              "--source_listen_address", "127.0.0.1", "--loglevel", "0")
    if not started("rtsp-server-perl", p, port):
        return
    wait_listening(source, p)
    where = f"rtsp://127.0.0.1:{port}/simpang"
    r = ask(("rtsp", f"127.0.0.1:{port}"), ("rtsp", where, "describe"), ("rtsp", where, "describe|status=200,404"))
    good(r[0], "rtsp: a server", status=200, methods=lambda m: "OPTIONS" in m and "DESCRIBE" in m, streams=None)
    bad(r[1], "rtsp: no such camera", "wrong", "it answers DESCRIBE with status 404", status=404)
    good(r[2], "rtsp: which is expected", status=404, streams=None)
    with socket.create_connection(("127.0.0.1", source)) as camera:
        camera.sendall(f"ANNOUNCE rtsp://127.0.0.1:{source}/simpang RTSP/1.0\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"
                       f"Content-Length: {len(SDP)}\r\n\r\n{SDP}".encode())
        ok(b" 200 " in camera.recv(1000), "a camera announces its streams")
        good(ask(("rtsp", where, "describe"))[0], "rtsp: a camera", status=200, streams=2)
    end(p)


def test_port():
    server = socket.create_server(("127.0.0.1", 0))
    port, shut = server.getsockname()[1], free_port()
    r = ask(("tcp", f"127.0.0.1:{port}"), ("tcp", f"127.0.0.1:{port}", "refused"), ("tcp", f"127.0.0.1:{port}", "closed"),
            ("tcp", f"127.0.0.1:{shut}"), ("tcp", f"127.0.0.1:{shut}", "refused"), ("tcp", f"127.0.0.1:{shut}", "closed"))
    good(r[0], "tcp: an open port", connect_s=lambda s: s > 0)
    bad(r[1], "tcp: an open port that should be shut", "wrong", "it takes the connection, which it should not")
    bad(r[2], "tcp: ... in any way", "wrong", "it takes the connection, which it should not")
    bad(r[3], "tcp: a shut port", "wrong", f"it refuses the connection to port {shut}")
    good(r[4], "tcp: a shut port that should be")
    good(r[5], "tcp: ... in any way")
    server.close()


make_certificates()
for test in (test_port, test_smtp, test_dovecot, test_postgresql, test_mysql, test_broker, test_ntp, test_sip, test_rtsp):
    if not sys.argv[1:] or test.__name__.removeprefix("test_") in sys.argv[1:]:
        test()
done()
