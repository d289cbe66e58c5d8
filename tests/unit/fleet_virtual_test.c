/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_virtual_test.c: the fleet as the network of a virtual loop. */
#include "tests/fleet/virtual.h"

#include "base/loop.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define ECHO_LEN 40

struct seen {
	struct loop *loop;
	unsigned     packets, late, disordered;
	int64_t	     last_ns;
	char	     order[64];		/* last digit of each source, in order of arrival */
};

static void
on_packet(void *arg, enum packet_kind kind, const struct packet_in *in)
{
	struct seen *s = arg;

	s->order[s->packets % (sizeof(s->order) - 1)] = (char)('0' + in->from.byte[3] % 10);
	s->packets++;
	s->late += in->received_ns != loop_mono_ns(s->loop) || kind != PACKET_ICMP || in->len != ECHO_LEN;
	s->disordered += in->received_ns < s->last_ns;
	s->last_ns = in->received_ns;
}

static void
send_echoes(struct packet_io *io, const char *const *to, size_t n)
{
	uint8_t		  msg[ECHO_LEN] = { 8, 0, 0, 0, 1, 2, 3, 4 };
	struct packet_out out[8];
	size_t		  i;

	put_u16be(msg + 2, ip_checksum(msg, sizeof(msg), 0));
	for (i = 0; i < n; i++) {
		out[i] = (struct packet_out){ .data = msg, .len = sizeof(msg) };
		addr_parse(&out[i].to, to[i]);
	}
	if (io->ops->send(io, PACKET_ICMP, out, n) != n)
		ok(false, "all leave");
}

static void
on_connect(void *arg, enum connect_result result, int64_t sent_ns, int64_t done_ns)
{
	char *text = arg;

	sprintf(text + strlen(text), "%d:%s ", (int)result,
	    done_ns - sent_ns == 3 * NS_PER_S ? "timeout" : done_ns > sent_ns ? "later" : "never");
}

static void
check_tcp(struct loop *l, struct fleet_model *m, struct packet_io *io)
{
	struct addr	    to;
	char		    got[200] = "";
	struct tcp_connect *cancelled;

	addr_parse(&to, "10.1.0.3");
	fleet_command(m, loop_mono_ns(l), "tcp 10.1.0.3 80 open", NULL);
	fleet_command(m, loop_mono_ns(l), "tcp 10.1.0.3 81 filtered", NULL);
	io->ops->tcp_connect(io, &to, 80, NULL, 3 * NS_PER_S, on_connect, got);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	io->ops->tcp_connect(io, &to, 81, NULL, 3 * NS_PER_S, on_connect, got);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	io->ops->tcp_connect(io, &to, 82, NULL, 3 * NS_PER_S, on_connect, got);
	cancelled = io->ops->tcp_connect(io, &to, 80, NULL, 3 * NS_PER_S, on_connect, got);
	io->ops->tcp_cancel(io, cancelled);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	fleet_command(m, loop_mono_ns(l), "cut link s003-1", NULL);
	io->ops->tcp_connect(io, &to, 80, NULL, 3 * NS_PER_S, on_connect, got);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	is_text(got, "0:later 2:timeout 1:later 2:timeout ", "TCP: open, filtered, closed, cancelled, cut");
}

int
main(void)
{
	static const char *const some[] = { "10.1.0.1", "10.1.0.2", "10.77.0.1", "10.1.0.3" };
	static const char *const together[] = {
	    "10.1.0.1", "10.1.0.3", "10.1.0.1", "10.1.0.3", "10.1.0.2", "10.1.0.1", "10.1.0.3", "10.1.0.2"};
	struct inventory *inv = test_inventory();
	struct loop	 *l = loop_new_virtual(1, WALL_NS);
	struct fleet_model *m = test_model(inv, 1);
	struct packet_io *io = fleet_virtual_new(l, m);
	struct seen	  seen = { .loop = l };
	struct packet_out v6 = { .to = { .family = 6 } };
	int		  i;

	io->on_packet = on_packet;
	io->arg = &seen;
	fleet_command(m, 0, "delay link s001-1 300 0", NULL);
	fleet_command(m, 0, "delay link s002-1 200 0", NULL);
	fleet_command(m, 0, "delay link s003-1 100 0", NULL);
	send_echoes(io, some, 4);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	is_text(seen.order, "321", "answers come in the order of their delays");
	fleet_command(m, 0, "delay link s001-1 0 0", NULL);
	fleet_command(m, 0, "delay link s002-1 0 0", NULL);
	fleet_command(m, 0, "delay link s003-1 0 0", NULL);
	seen.packets = 0;
	send_echoes(io, together, 8);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	is_text(
	    seen.order, "33311212", "those of the same instant in the order in which they were asked for");
	seen.packets = 0;
	for (i = 0; i < 100; i++) {
		fleet_command(m, 0, "delay link s001-1 30 300", NULL);
		send_echoes(io, some, 1);
		loop_run_until(l, loop_mono_ns(l) + NS_PER_MS);
	}
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	is_i64(seen.packets, 100, "every answer comes once");
	is_i64(seen.late + seen.disordered, 0, "each at its very time");
	is_i64((int64_t)io->ops->send(io, PACKET_ICMP, &v6, 1), 0, "IPv6 does not leave");
	ok(v6.error != 0, "and says so");
	check_tcp(l, m, io);
	send_echoes(io, some, 4);
	io->ops->free(io);
	loop_run_until(l, loop_mono_ns(l) + 10 * NS_PER_S);
	is_i64(seen.packets, 100, "nothing comes after the end");
	fleet_model_free(m);
	loop_free(l);
	inventory_free(inv);
	return tap_done();
}
