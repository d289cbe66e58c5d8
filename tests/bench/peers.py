# SPDX-License-Identifier: GPL-3.0-or-later
"""peers.py: other monitors of Debian's, set to poll the same values of the same devices, each by its own best ordinary means:
collectd's snmp plugin in table mode, prometheus-snmp-exporter with a module of just these columns, cacti's spine with a MariaDB of
its own. None of them stores what it polls: it is the cost of polling that is compared."""
import os
import subprocess
import sys
import time
import urllib.request

from meter import cpu_s
from lab import program, wait
from wan import COLUMNS, IF_NAME, METRICS, PORTS, address

THREADS = 50            # devices that a peer may wait for at once
INTERVAL_S = 10


class Peer:
    """A monitor that polls all devices again and again. poll_cycles() tells what that cost."""
    packages = ()
    database_s = 0          # CPU seconds of a database beside it

    def __init__(self, wan):
        self.wan = wan

    def spend(self):
        """CPU seconds that it has used so far."""
        raise NotImplementedError

    def poll_cycles(self, cycles):
        """@return (CPU seconds, wanted values polled)"""
        raise NotImplementedError

    def close(self):
        pass


class Collectd(Peer):
    packages = ("collectd-core",)
    tables = (("if_octets", "ifHCInOctets", "ifHCOutOctets"), ("if_errors", "ifInErrors", "ifOutErrors"),
              ("if_dropped", "ifInDiscards", "ifOutDiscards"), ("gauge", "ifOperStatus"))

    def __init__(self, wan):
        super().__init__(wan)
        datas = "".join(f'<Data "{name}">\nType "{name}"\nTable true\nInstance "{IF_NAME}"\nValues ' +
                        " ".join(f'"{COLUMNS[c]}"' for c in columns) + "\n</Data>\n" for name, *columns in self.tables)
        hosts = "".join(f'<Host "d{i:05}">\nAddress "{address(i)}"\nVersion 2\nCommunity "public"\nCollect ' +
                        " ".join(f'"{t[0]}"' for t in self.tables) + f"\nInterval {INTERVAL_S}\n</Host>\n" for i in range(wan.devices))
        wan.write("collectd.conf", f"""
BaseDir "{wan.dir}"
PIDFile "{wan.path('collectd.pid')}"
TypesDB "/usr/share/collectd/types.db"
Interval {INTERVAL_S}
ReadThreads {THREADS}
LoadPlugin snmp
LoadPlugin unixsock
<Plugin unixsock>
SocketFile "{wan.path('collectd.sock')}"
</Plugin>
<Plugin snmp>
{datas}{hosts}</Plugin>
""")
        self.process = wan.spawn("collectd", wan.inside(["collectd", "-f", "-C", wan.path("collectd.conf")]),
                                 env={**os.environ, "MIBS": ""})

    def spend(self):
        return cpu_s(self.process.pid)

    def poll_cycles(self, cycles):
        before = self.wan.answers()
        _, n = self.wan.await_quiet()       # the first cycle alone shows how many requests a cycle has
        per_device = round((n - before) / self.wan.devices)
        wait("two more cycles", lambda: self.wan.answers() - n >= 2 * per_device * self.wan.devices, patience=600)
        begin, used = self.wan.answers(), self.spend()
        wait("the cycles", lambda: self.wan.answers() - begin >= cycles * per_device * self.wan.devices, patience=600)
        used, polled = self.spend() - used, self.wan.answers() - begin
        fresh = self.fresh_values()
        if fresh < self.wan.devices * METRICS:
            raise RuntimeError(f"collectd has {fresh} of {self.wan.devices * METRICS} values")
        return used, polled / per_device * METRICS

    def fresh_values(self):
        """How many values are of the last intervals."""
        with self.wan.connect("collectd.sock") as s, s.makefile("rw") as f:
            f.write("LISTVAL\n")
            f.flush()
            lines = [f.readline() for _ in range(int(f.readline().split()[0]))]
        size = {name: len(columns) for name, *columns in self.tables}
        new = [l.split()[1].split("/")[2].split("-")[0] for l in lines if time.time() - float(l.split()[0]) < 3 * INTERVAL_S]
        return sum(size.get(t, 0) for t in new)

    def close(self):
        self.wan.end("collectd")


class SnmpExporter(Peer):
    packages = ("prometheus-snmp-exporter",)
    port = 9116

    def __init__(self, wan):
        super().__init__(wan)
        index = "    indexes: [{labelname: ifIndex, type: gauge}]\n"
        wan.write("snmp.yml", "bench:\n  walk:\n" + "".join(f"  - {oid}\n" for oid in COLUMNS.values()) + "  metrics:\n" + "".join(
            f"  - name: {name}\n    oid: {oid}\n    type: {'gauge' if name == 'ifOperStatus' else 'counter'}\n    help: {name}\n{index}"
            for name, oid in COLUMNS.items()) + "  version: 2\n  auth: {community: public}\n  max_repetitions: 25\n")
        self.process = wan.spawn("prometheus-snmp-exporter", wan.inside(
            ["prometheus-snmp-exporter", "--config.file=" + wan.path("snmp.yml"), f"--web.listen-address=127.0.0.1:{self.port}"]))

    def spend(self):
        return cpu_s(self.process.pid)

    def poll_cycles(self, cycles):
        used = 0
        values = 0
        for n in range(cycles + 1):     # the first one is not counted
            begin = self.spend()
            r = subprocess.run(self.wan.inside(["python3", os.path.abspath(__file__), "scrape", str(self.wan.devices)]),
                               capture_output=True, text=True)
            if r.returncode != 0:
                raise RuntimeError("scraping: " + r.stderr.strip()[-200:])
            if n > 0:
                used += self.spend() - begin
                values += int(r.stdout)
        if values != cycles * self.wan.devices * METRICS:
            raise RuntimeError(f"the exporter gave {values} of {cycles * self.wan.devices * METRICS} values")
        return used, values

    def close(self):
        self.wan.end("prometheus-snmp-exporter")


def scrape(devices, port=SnmpExporter.port, at_once=8):
    """As Prometheus asks: each device once. Prints how many values came."""
    from concurrent.futures import ThreadPoolExecutor

    def one(i):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/snmp?module=bench&target={address(i)}", timeout=30) as r:
            return sum(line.startswith(b"if") for line in r)
    for attempt in range(100):
        try:
            one(0)
            break
        except OSError:
            time.sleep(0.1)
    with ThreadPoolExecutor(at_once) as pool:
        print(sum(pool.map(one, range(devices))))


class Spine(Peer):
    """One run of it is one cycle. Its database is at work, too, but only spine itself is counted as polling."""
    packages = ("cacti-spine", "mariadb-server-core", "mariadb-client-core")
    port = 3306

    def __init__(self, wan):
        super().__init__(wan)
        own = ["--no-defaults", "--user=root", f"--datadir={wan.path('mysql')}"]
        r = subprocess.run([program("mariadb-install-db"), *own, "--auth-root-authentication-method=normal", "--skip-test-db"],
                           capture_output=True, text=True)
        if r.returncode != 0:
            raise RuntimeError("mariadb-install-db: " + r.stderr.strip()[-200:])
        self.database = wan.spawn("mariadbd", wan.inside(
            ["mariadbd", *own, f"--socket={wan.path('mysql.sock')}", f"--pid-file={wan.path('mysql.pid')}", f"--port={self.port}",
             "--bind-address=127.0.0.1", "--innodb-flush-log-at-trx-commit=2", "--max-connections=500",
             "--max-heap-table-size=256M"]))
        wait("the database", lambda: self.sql("select 1").returncode == 0)
        r = self.sql(cacti_tables() + cacti_rows(wan.devices))
        if r.returncode != 0:
            raise RuntimeError("tables: " + r.stderr.strip()[-200:])
        wan.write("spine.conf", f"DB_Host 127.0.0.1\nDB_Database cacti\nDB_User root\nDB_Pass\nDB_Port {self.port}\n")

    def sql(self, text):
        return subprocess.run([program("mariadb"), "--no-defaults", "-uroot", f"--socket={self.wan.path('mysql.sock')}", "-N"],
                              input=text, capture_output=True, text=True)

    def cycle(self):
        """@return (CPU seconds of spine, values that it wrote)"""
        self.sql("truncate cacti.poller_output")
        before = os.times()
        r = subprocess.run(self.wan.inside(["spine", f"--conf={self.wan.path('spine.conf')}", "--poller=1",
                                            "--stdout"]), capture_output=True, text=True, env={**os.environ, "MIBS": ""})
        after = os.times()
        if r.returncode != 0:
            raise RuntimeError("spine: " + (r.stdout + r.stderr).strip()[-300:])
        values = int(self.sql("select count(*) from cacti.poller_output where output regexp '^[0-9]+$'").stdout)
        return after.children_user + after.children_system - before.children_user - before.children_system, values

    def poll_cycles(self, cycles):
        used = values = 0
        for n in range(cycles + 1):     # the first one is not counted
            before = cpu_s(self.database.pid)
            spent, polled = self.cycle()
            if polled != self.wan.devices * METRICS:
                raise RuntimeError(f"spine polled {polled} of {self.wan.devices * METRICS} values")
            if n > 0:
                used += spent
                values += polled
                self.database_s += cpu_s(self.database.pid) - before
        return used, values

    def close(self):
        self.wan.end("mariadbd")


def cacti_tables():
    """Those that spine reads or writes, with the columns that it names."""
    snmp = """snmp_community varchar(100) default 'public', snmp_version tinyint default 2, snmp_username varchar(50) default '',
        snmp_password varchar(50) default '', snmp_auth_protocol char(6) default '', snmp_priv_passphrase varchar(200) default '',
        snmp_priv_protocol char(6) default '', snmp_context varchar(64) default '', snmp_engine_id varchar(64) default '',
        snmp_port int default 161, snmp_timeout int default 2000"""
    return f"""create database cacti; use cacti;
    create table version (cacti char(20));
    create table settings (name varchar(75) primary key, value varchar(4096));
    create table poller (id int primary key, disabled char(2) default '', threads int, hostname varchar(100) default 'localhost',
        total_time double default 0, snmp int default 0, script int default 0, server int default 0, status int default 0,
        last_update datetime, boost_rrd_update_enable char(3) default '', selective_device_debug char(1) default '');
    create table poller_time (id int auto_increment primary key, poller_id int, pid int, start_time datetime, end_time datetime);
    create table poller_command (poller_id int, time datetime, action int, command varchar(191),
        last_updated datetime default now(), primary key (poller_id, action, command));
    create table poller_reindex (host_id int, data_query_id int, action int, op char(1), assert_value varchar(100), arg1 varchar(255),
        primary key (host_id, data_query_id));
    create table poller_output (local_data_id int, rrd_name varchar(19), time datetime, output varchar(512),
        primary key (local_data_id, rrd_name, time)) engine=memory;
    create table poller_output_boost like poller_output;
    create table poller_resource_cache (id int primary key);
    create table snmp_query (id int primary key);
    create table host (id int primary key, poller_id int default 1, hostname varchar(100), {snmp}, max_oids int default 60,
        device_threads int default 1, disabled char(2) default '', deleted char(2) default '', availability_method int default 0,
        ping_method int default 0, ping_port int default 0, ping_timeout int default 400, ping_retries int default 1,
        status int default 3, status_event_count int default 0, status_fail_date timestamp default '2020-01-01',
        status_rec_date timestamp default '2020-01-01', status_last_error varchar(255) default '', min_time double default 0,
        max_time double default 0, cur_time double default 0, avg_time double default 0, polling_time double default 0,
        total_polls int default 0, failed_polls int default 0, availability double default 100, snmp_sysDescr varchar(300) default '',
        snmp_sysObjectID varchar(128) default '', snmp_sysUpTimeInstance bigint default 0, snmp_sysContact varchar(300) default '',
        snmp_sysName varchar(300) default '', snmp_sysLocation varchar(300) default '', last_updated timestamp default now());
    create table poller_item (local_data_id int, poller_id int default 1, host_id int, action int default 0, present int default 1,
        hostname varchar(100), {snmp}, rrd_name varchar(19), rrd_path varchar(255) default 'x', rrd_num int default 1,
        rrd_step int default 300, rrd_next_step int default 0, arg1 text, arg2 varchar(255) default '', arg3 varchar(255) default '',
        deleted char(2) default '', primary key (local_data_id, rrd_name), key (host_id));
    """


def cacti_rows(devices):
    settings = {"poller_interval": 300, "cron_interval": 300, "log_verbosity": 1, "log_destination": 4, "path_php_binary": "/bin/true",
                "availability_method": 0, "snmp_retries": 1, "max_get_size": 60, "spine_log_level": 0}
    rows = ["insert into version values ('1.2.24');",
            f"insert into poller (id, threads) values (1, {THREADS});",
            "insert into settings values " + ",".join(f"('{k}','{v}')" for k, v in settings.items()) + ";",
            "insert into host (id, hostname) values " + ",".join(f"({i + 1},'{address(i)}')" for i in range(devices)) + ";"]
    for i in range(devices):
        items = (f"({i * 100 + p * 10 + k},{i + 1},'{address(i)}','{name[:19]}','.{oid}.{p + 1}')"
                 for p in range(PORTS) for k, (name, oid) in enumerate(COLUMNS.items()))
        rows.append("insert into poller_item (local_data_id, host_id, hostname, rrd_name, arg1) values " + ",".join(items) + ";")
    return "\n".join(rows)


PEERS = {"collectd": Collectd, "snmp_exporter": SnmpExporter, "spine": Spine}

if __name__ == "__main__":
    scrape(int(sys.argv[2]))
