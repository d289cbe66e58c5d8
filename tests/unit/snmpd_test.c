/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmpd_test.c: the engine against Debian's snmpd, over real sockets: discovery and polls give what a host
 * should give, and the shipped profile for net-snmp the sensors of such a server. The daemon is our own copy on an address of this test alone, where nobody else can have its
 * port, with a configuration and a persistent directory of its own.
 */
#include "collectors/snmp/engine.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "collectors/sensor.h"
#include "tests/unit/dir.h"
#include "tests/unit/shipped.h"
#include "tests/unit/tap.h"

#define SNMPD	     "/usr/sbin/snmpd"
#define HOST	     1
#define LO	     10
#define SENSOR	     100		/* number of the first one */
#define PORT	     16199
#define DEADLINE_NS  (180 * NS_PER_S)
#define POLLS_WANTED 4

struct scene {
	struct loop	   *loop;
	struct snmp_engine *engine;
	struct msg_target   target;
	struct loop_timer   deadline, bind;
	struct msg_port	    port;
	struct sample	    host, lo;	/* last good ones */
	unsigned	    hosts, los, ports, repeated;
	struct loop_timer   bind_sensors;
	char		    sensor[SENSORS_MAX][SENSOR_NAME_MAX];	/* of number SENSOR + i */
	double		    value[SENSORS_MAX];		/* the last one; NAN: none yet */
	unsigned	    nsensors;
	bool		    sampled;			/* the first sensor has had one */
	int		    state;			/* the last one told; -1: none */
	char		    address[20];
};

static void
on_sample(void *arg, const struct sample *s)
{
	struct scene *sc = arg;

	if (s->quality != QUALITY_GOOD)
		return;
	if (s->series >= SENSOR) {
		sc->value[s->series - SENSOR] = s->value[0];
		sc->sampled = true;
	} else if (s->series == HOST) {
		sc->host = *s;
		sc->hosts++;
	} else {
		sc->lo = *s;
		sc->los++;
	}
	if (sc->los >= POLLS_WANTED && sc->sampled)
		loop_stop(sc->loop, 0);
}

/* As core does: sensors that were found get numbers, many at a time. */
static void
bind_sensors(void *arg)
{
	struct scene	     *sc = arg;
	struct sensor_numbers numbers = { .v = xcalloc(sc->nsensors, sizeof(*numbers.v)), .n = sc->nsensors };

	for (unsigned i = 0; i < sc->nsensors; i++)
		numbers.v[i] = (struct sensor_number){ SENSOR + i, xstrdup(sc->sensor[i]) };
	sensor_numbers_sort(&numbers);
	snmp_engine_sensors(sc->engine, HOST, &numbers);
}

static void
on_sensor(void *arg, const struct msg_sensor_found *m)
{
	struct scene *sc = arg;

	for (unsigned i = 0; i < sc->nsensors; i++)
		if (strcmp(sc->sensor[i], m->name) == 0)
			return;
	if (sc->nsensors == SENSORS_MAX)
		return;
	sc->value[sc->nsensors] = NAN;
	text_copy(sc->sensor[sc->nsensors++], SENSOR_NAME_MAX, m->name);
	loop_timer_set(sc->loop, &sc->bind_sensors, loop_mono_ns(sc->loop) + 200 * NS_PER_MS, bind_sensors, sc);
}

static void
on_state(void *arg, const struct msg_target_state *st)
{
	struct scene *sc = arg;

	sc->repeated += st->state == sc->state;
	sc->state = st->state;
	printf("# state %u: %s\n", st->state, st->reason);
}

/* As core does: a port that was found gets a number, from the loop. */
static void
bind_port(void *arg)
{
	struct scene *sc = arg;

	snmp_engine_target(sc->engine, &sc->target, &sc->port, 1);
}

static void
on_port(void *arg, const struct msg_port_found *p)
{
	struct scene *sc = arg;

	sc->ports++;
	if (strcmp(p->name, "lo") != 0)
		return;
	sc->port = (struct msg_port){ .device = HOST, .number = LO, .name = "lo" };
	loop_timer_set(sc->loop, &sc->bind, loop_mono_ns(sc->loop), bind_port, sc);
}

static void
on_deadline(void *arg)
{
	loop_stop(((struct scene *)arg)->loop, 1);
}

static void
on_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	if (kind == PACKET_UDP)
		snmp_engine_packet(((struct scene *)arg)->engine, in);
}

static pid_t
snmpd_start(const char *dir, const char *host)
{
	char  conf[256], pid_file[256], address[64];
	FILE *f;
	pid_t pid;

	snprintf(conf, sizeof(conf), "%s/snmpd.conf", dir);
	snprintf(pid_file, sizeof(pid_file), "%s/snmpd.pid", dir);	/* snmpd removes it at its end: never name a device here */
	snprintf(address, sizeof(address), "udp:%s:%u", host, PORT);
	if ((f = fopen(conf, "w")) == NULL)
		return -1;
	/* Without the line on lo it says 10 Mbit/s. */
	fprintf(f, "rocommunity city 127.0.0.1\ninterface lo 24 4000000000\ndisk / 1%%\nproc snmpd\n"
		"extend suhu /bin/echo 23.5 C di ruang server\n");
	fclose(f);
	fflush(stdout);
	if ((pid = fork()) != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("SNMP_PERSISTENT_DIR", dir, 1);
	execl(SNMPD, "snmpd", "-f", "-Ln", "-C", "-c", conf, "-p", pid_file, address, (char *)NULL);
	_exit(127);
}

static void
community_write(int dir)
{
	int fd = openat(dir, "host", O_WRONLY | O_CREAT, 0600);

	ok(fd != -1 && write(fd, "city\n", 5) == 5, "(wrote the community)");
	close(fd);
}

static int
run(struct scene *sc, struct packet_io *io, int secrets_fd)
{
	struct sink sink = { .sample = on_sample, .state = on_state, .port_found = on_port,
		.sensor_found = on_sensor, .arg = sc };
	int	    rc;

	sc->engine = snmp_engine_new(sc->loop, io, secrets_fd, false, &sink);
	snmp_engine_profiles(sc->engine, shipped_profiles());
	io->on_packet = on_packet;
	io->arg = sc;
	sc->target = (struct msg_target){ .kind = TARGET_SNMP, .number = HOST, .ref = "device/host", .method = "2c", .port = PORT,
		.interval_ms = 1000, .timeout_ms = 1000, .credential = "host" };
	addr_parse(&sc->target.address, sc->address);
	snmp_engine_target(sc->engine, &sc->target, NULL, 0);
	loop_timer_set(sc->loop, &sc->deadline, loop_mono_ns(sc->loop) + DEADLINE_NS, on_deadline, sc);
	rc = loop_run(sc->loop);
	snmp_engine_free(sc->engine);
	return rc;
}

static void
judge(const struct scene *sc, int rc)
{
	const double *host = sc->host.value, *lo = sc->lo.value;

	is_i64(rc, 0, "four good polls of lo before the deadline");
	ok(sc->state == TARGET_ANSWERING && sc->repeated == 0, "the host answers, told once");
	ok(sc->ports >= 1, "%u ports found", sc->ports);
	ok(sc->hosts >= POLLS_WANTED, "%u host samples", sc->hosts);
	ok(host[HOST_MEM_USED_RATIO] > 0 && host[HOST_MEM_USED_RATIO] <= 1, "mem_used_ratio %.3f", host[HOST_MEM_USED_RATIO]);
	ok(isnan(host[HOST_CPU_RATIO]) || (host[HOST_CPU_RATIO] >= 0 && host[HOST_CPU_RATIO] <= 1), "cpu_ratio %.3f",
	    host[HOST_CPU_RATIO]);
	ok(host[HOST_LOAD1] >= 0 && host[HOST_LOAD1] < 10000, "load1 %.2f", host[HOST_LOAD1]);
	ok(host[HOST_UPTIME_S] > 0, "uptime_s %.0f", host[HOST_UPTIME_S]);
	ok(host[HOST_SNMP_RTT_S] >= 0 && host[HOST_SNMP_RTT_S] < 10, "snmp_rtt_s %.6f", host[HOST_SNMP_RTT_S]);
	ok(lo[PORT_RX_BPS] >= 0 && lo[PORT_RX_BPS] < 1e12, "rx_bps of lo %.0f", lo[PORT_RX_BPS]);
	ok(lo[PORT_RX_ERRORS_PS] >= 0, "rx_errors_ps of lo %.3f", lo[PORT_RX_ERRORS_PS]);
	ok(lo[PORT_OPER_UP_RATIO] == 1, "lo is up");
}

static double
sensor_value(const struct scene *sc, const char *name)
{
	for (unsigned i = 0; i < sc->nsensors; i++)
		if (strcmp(sc->sensor[i], name) == 0)
			return sc->value[i];
	ok(false, "there is a sensor %s", name);
	return NAN;
}

/* What depends on this machine only has to be possible. */
static void
judge_sensors(const struct scene *sc)
{
	double disk = sensor_value(sc, "disk/disk_used_ratio//"), free_ratio = sensor_value(sc, "memory/mem_free_ratio/");
	double running = sensor_value(sc, "process/processes/snmpd");

	ok(disk >= 0 && disk <= 1, "disk_used_ratio of / %.2f", disk);
	ok(free_ratio >= 0 && free_ratio <= 1, "mem_free_ratio %.3f, a part of the whole", free_ratio);
	ok(running >= 1, "%.0f snmpd run", running);
	is_near(sensor_value(sc, "process/process/snmpd"), 0, 0, "as many as are wanted");
	is_near(sensor_value(sc, "extend/extend/suhu"), 23.5, 1e-9, "the number of a command's output, named by a text as index");
	ok(sensor_value(sc, "stats/swap_ins_ps/") >= 0, "a counter has a rate");
}

int
main(void)
{
	char		      dir[] = "/tmp/simpul-snmpd-XXXXXX";
	static struct scene   sc = { .state = -1 };
	struct packet_sockets sockets;
	struct packet_io     *io;
	pid_t		      pid = getpid();
	int		      secrets_fd;

	if (access(SNMPD, X_OK) != 0)
		return tap_skip_all("no " SNMPD);
	if (mkdtemp(dir) == NULL || packet_sockets_open(&sockets) == -1)
		return tap_skip_all("no directory or no sockets");
	log_quiet(true);
	snprintf(sc.address, sizeof(sc.address), "127.%d.%d.%d", 64 + ((pid >> 16) & 63), (pid >> 8) & 255, pid & 255);
	pid = snmpd_start(dir, sc.address);
	secrets_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	community_write(secrets_fd);
	sc.loop = loop_new();
	io = packet_real_new(sc.loop, &sockets);
	judge(&sc, run(&sc, io, secrets_fd));
	judge_sensors(&sc);
	io->ops->free(io);
	loop_free(sc.loop);
	close(secrets_fd);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	dir_remove(dir);
	return tap_done();
}
