/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ctl_ports_test.c: a device and its ports at the control socket, also when it says as much as it can.
 */
#include "tests/unit/ctl_rig.h"

#include "base/map.h"
#include "ctl/client.h"

#define PORTS 600	/* half of them asked about, and each of the others may be any of these */

static const char sites[] = "id,name,life\ns001,Satu,live\n";
static const char devices[] = "id,site,address,life\ns001-r1,s001,10.0.0.1,live\n";

struct box {
	struct device_live    device, *at;
	struct port_live      port[PORTS];
	struct port_question  question[PORTS];
	char		      text[PORT_TEXT_MAX], why[500];
};

static void
complain_row(void *arg, unsigned line, unsigned column, const char *text)
{
	(void)arg;
	ok(false, "inventory: %u:%u: %s", line, column, text);
}

static void
complain_whole(void *arg, enum input_kind what, const char *id, unsigned column, const char *text)
{
	(void)arg;
	ok(false, "inventory: %d %s %u: %s", what, id, column, text);
}

static void
box_make(struct fake *f, struct box *b)
{
	f->core.inv = inventory_new();
	inventory_read(f->core.inv, INPUT_SITES, sites, strlen(sites), complain_row, NULL);
	inventory_read(f->core.inv, INPUT_DEVICES, devices, strlen(devices), complain_row, NULL);
	inventory_link(f->core.inv, complain_whole, NULL);
	b->at = &b->device;
	b->device.device = f->core.inv->device[0];
	text_copy(b->device.live.ref, sizeof(b->device.live.ref), "device/s001-r1");
	map_add(f->core.device_by_id, b->device.device->id, &b->device);
	memset(b->text, '<', sizeof(b->text) - 1);	/* the longest there is in JSON */
	memset(b->why, '<', sizeof(b->why) - 1);
	for (size_t i = 0; i < PORTS; i++) {
		struct port_live *p = &b->port[i];

		snprintf(p->ref, sizeof(p->ref), "port/s001-r1.p%zu", i);
		p->device = &b->device;
		p->id = (struct port_identity){ .name = b->text, .alias = b->text, .neighbour = b->text };
		p->first_ns = 2;
		p->state = i % 2 == 0 ? PORT_ASKED : PORT_HERE;
		p->next = i + 1 < PORTS ? p + 1 : NULL;
		b->question[i] = (struct port_question){ .id = i + 1, .asked_ns = 1, .why = b->why };
		p->question = p->state == PORT_ASKED ? &b->question[i] : NULL;
		map_add(f->core.port_by_ref, p->ref, p);
	}
	b->device.ports = b->port;
	f->core.device = &b->at;
}

/* Page by page. @return how many there were, and the bytes of the largest page */
static size_t
all_pages(struct talk *t, const char *more, size_t *largest)
{
	char   line[400] = "", next[200], more_at[200];
	size_t n = 0, bytes;
	json_t *v;

	*largest = 0;
	snprintf(line, sizeof(line), "{\"id\":1,\"op\":\"ports\",\"limit\":500%s}", more);
	while ((v = ask(t, line)) != NULL) {
		n += json_array_size(json_object_get(v, "items"));
		bytes = json_dumpb(v, NULL, 0, JSON_COMPACT);
		*largest = bytes > *largest ? bytes : *largest;
		snprintf(more_at, sizeof(more_at), "%s", at(v, "next", next));
		json_decref(v);
		if (strncmp(more_at, "port/", 5) != 0)
			return n;
		snprintf(line, sizeof(line), "{\"id\":1,\"op\":\"ports\",\"limit\":500,\"cursor\":\"%s\"%s}", more_at, more);
	}
	return 0;	/* hung up on */
}

static void
test_pages(struct talk *t)
{
	size_t largest;

	is_i64((int64_t)all_pages(t, "", &largest), PORTS, "all ports come, each once");
	ok(largest > 0 && largest < OUT_SOFT, "in pages that a client can take");
	is_i64((int64_t)all_pages(t, ",\"asked\":true", &largest), PORTS / 2, "so do those that are asked about");
	ok(largest > 0 && largest < OUT_SOFT, "however much their device says");
}

/* Who had a device walked stands in the audit log. */
static void
test_profile_test(struct talk *t, struct fake *f)
{
	uint64_t bad;
	int64_t	 was = ledger_audit_verify(f->core.ledger, &bad);

	expect(t, "{\"id\":1,\"op\":\"profile_test\",\"object\":\"s001-r9\"}", "code", "not_found",
	    "a profile is tested on a device that there is");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was, "else there is nothing to write down");
	expect(t, "{\"id\":1,\"op\":\"profile_test\",\"object\":\"s001-r1\"}", "code", "busy",
	    "and by an instance that is there");
	is_i64(ledger_audit_verify(f->core.ledger, &bad), was + 1, "who asked for it stands in the audit log");
}

int
main(void)
{
	struct fake	    *f = fake_new();
	struct box	    *b = xcalloc(1, sizeof(*b));
	struct inventory    *inv = f->core.inv;
	struct device_live **device = f->core.device;
	struct map	    *ports = f->core.port_by_ref;
	struct talk	    *t = talk_new(f);

	f->core.port_by_ref = map_new();
	box_make(f, b);
	test_pages(t);
	test_profile_test(t, f);
	talk_free(t);
	inventory_free(f->core.inv);
	map_free(f->core.port_by_ref);
	f->core.inv = inv;
	f->core.device = device;
	f->core.port_by_ref = ports;
	fake_free(f);
	free(b);
	return tap_done();
}
