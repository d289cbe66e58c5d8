/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * core_traps_test.c: what core makes of a trap: a poll and probes, at most once in 10 s, evidence for people, and
 * no event and no state.
 */
#include "core/traps.h"

#include <math.h>

#include "collectors/snmp/trap.h"
#include "live/counters.h"
#include "tests/unit/core_world_peers.h"
#include "tests/unit/tap.h"

static struct ipc_channel *trap_end;
static unsigned		   sources;	/* of the last plan */
static bool		   trap_closed;

static void
trap_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct msg_trap_plan m;

	(void)arg, (void)ch;
	if (msg->type != IPC_TRAP_PLAN || msg_trap_plan_decode(&m, msg->data, msg->len) == -1)
		return;
	if (m.op == TRAP_PLAN_BEGIN)
		sources = 0;
	sources += m.op == TRAP_PLAN_ADD;
}

static void
trap_gone(void *arg, struct ipc_channel *ch, const char *why)
{
	(void)arg, (void)why;
	trap_closed = true;
	ipc_free(ch);
	trap_end = NULL;
}

static void
trap_join(struct world *w)
{
	struct ipc_channel *ours;

	trap_closed = false;
	ipc_pair(w->loop, &ours, "trap", &trap_end, "core");
	ipc_handlers(trap_end, trap_message, trap_gone, w);
	core_attach(w->core, PROCESS_TRAP, "", ours);
}

static void
trap_says(struct world *w, const char *source, enum trap_kind kind, uint32_t if_index, const char *if_name)
{
	struct msg_trap m = { .wall_ns = loop_wall_ns(w->loop), .version = 2, .kind = (uint8_t)kind,
		.if_index = if_index };

	addr_parse(&m.source, source);
	snprintf(m.oid, sizeof(m.oid), "1.3.6.1.6.3.1.1.5.%d", (int)kind);
	text_copy(m.if_name, sizeof(m.if_name), if_name);
	msg_trap_send(trap_end, IPC_TRAP, 0, &m, -1);
	world_run(w, 0.5);
}

/* The poll has come: what it found of a port, or, of none, of the device. */
static void
poll_finds(struct world *w, uint32_t series, uint8_t quality, unsigned n, double oper_up)
{
	struct sample_batch b = { 0 };
	struct sample	    s = { .series = series, .type = SAMPLE_RATE, .quality = quality, .n = (uint8_t)n };
	unsigned	    i;

	s.wall_ns = loop_wall_ns(w->loop);
	for (i = 0; i < n; i++)
		s.value[i] = NAN;
	if (n == PORT_RATES)
		s.value[PORT_OPER_UP_RATIO] = oper_up;
	sample_batch_add(&b, &s, s.wall_ns, loop_mono_ns(w->loop));
	world_send(w, &b);
	sample_batch_free(&b);
	world_run(w, 0.5);
}

static const char *
verdict(const struct world *w, size_t i)
{
	const struct trap_entry *e = traps_last(w->core, i);

	return e != NULL ? trap_verdict_words[e->verdict] : "none";
}

static uint32_t
port_make(struct world *w)
{
	struct msg_port_found p = { .device = core_device(w->core, "a-r1")->number, .if_index = 3, .name = "ether1" };
	struct msg_ports_end  end = { .device = p.device, .ports = 1 };

	msg_port_found_send(w->measure, IPC_PORT_FOUND, 0, &p, -1);
	msg_ports_end_send(w->measure, IPC_PORTS_END, 0, &end, -1);
	world_run(w, 5);
	return core_device(w->core, "a-r1")->ports->number;
}

static void
test_verified(void)
{
	struct world *w = world_new(60, false);
	uint32_t      port;

	world_settle(w);
	trap_join(w);
	world_run(w, 1);
	is_i64(sources, 1, "the trap process is told whose traps count");
	port = port_make(w);

	trap_says(w, "10.100.0.1", TRAP_LINK_DOWN, 3, "");
	ok(w->polls_asked == 1 && w->probes_asked == 1, "linkDown: its device is polled, its line probed");
	is_text(verdict(w, 0), "polling", "and it waits for the poll");
	poll_finds(w, port, QUALITY_GOOD, PORT_RATES, 1);
	is_text(verdict(w, 0), "port_up", "which finds the port up");

	trap_says(w, "10.100.0.1", TRAP_LINK_DOWN, 3, "");
	ok(w->polls_asked == 1 && traps_last(w->core, 0)->count == 2, "another within 10 s: counted with it");
	is_text(verdict(w, 0), "waiting", "not polled yet");
	world_run(w, 12);
	is_i64(w->polls_asked, 2, "but when the 10 s are over");
	poll_finds(w, port, QUALITY_GOOD, PORT_RATES, 0);
	is_text(verdict(w, 0), "port_down", "then it is down");

	world_run(w, 20);
	trap_says(w, "10.100.0.1", TRAP_OTHER, 0, "");
	ok(w->polls_asked == 3 && w->probes_asked == 2, "one that speaks of no link: no probe");
	poll_finds(w, core_device(w->core, "a-r1")->number, QUALITY_LOST, HOST_RATES, NAN);
	is_text(verdict(w, 0), "no_answer", "its poll is not answered");
	world_run(w, 20);
	trap_says(w, "10.100.0.1", TRAP_LINK_UP, 0, "ether1");
	world_run(w, 100);
	is_text(verdict(w, 0), "no_answer", "nor one that never comes back");

	trap_says(w, "10.100.0.99", TRAP_LINK_DOWN, 3, "");
	ok(w->polls_asked == 4 && core_counter(w->core, "core/traps.of_nobody")->value == 1,
	    "of an address that no device has: nothing");
	is_text(world_faults(w), "", "no trap makes an event");
	is_text(world_state(w, "link/a-1"), "up", "nor a state");
	ipc_free(trap_end);
	world_free(w);
}

static void
test_storm(void)
{
	struct world *w = world_new(61, false);
	char	      name[16];
	unsigned      i;

	world_settle(w);
	trap_join(w);
	world_run(w, 1);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "ether%u", i);
		trap_says(w, "10.100.0.1", TRAP_LINK_DOWN, i + 1, name);
	}
	ok(traps_last(w->core, TRAPS_KEPT - 1) != NULL && traps_last(w->core, TRAPS_KEPT) == NULL, "200 are kept");
	is_i64(traps_last(w->core, 0)->first.if_index, 1000, "the last ones");
	ok(w->polls_asked >= 45 && w->polls_asked <= 51, "500 s of traps: a poll each 10 s (%u)", w->polls_asked);
	is_text(world_faults(w), "", "and no event");
	ipc_free(trap_end);
	world_free(w);
}

static void
test_bad_frames(void)
{
	struct world	    *w = world_new(62, false);
	struct msg_poll_now  poll = { .number = 1 };
	struct msg_trap	     m = { .version = 2, .kind = TRAP_KINDS };

	world_settle(w);
	trap_join(w);
	world_run(w, 1);
	msg_poll_now_send(trap_end, IPC_POLL_NOW, 0, &poll, -1);
	world_run(w, 1);
	ok(trap_closed, "what is not the trap process's to send ends it");
	trap_join(w);
	msg_trap_send(trap_end, IPC_TRAP, 0, &m, -1);
	world_run(w, 1);
	ok(trap_closed, "so does a trap of no kind");
	ipc_free(trap_end);
	world_free(w);
}

int
main(void)
{
	test_verified();
	test_storm();
	test_bad_frames();
	return tap_done();
}
