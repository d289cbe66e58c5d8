/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_recorded_test.c: recorded walks beside the live objects of a simulated device: order, types, set, and that all shipped ones load. */
#include "tests/fleet/recorded.h"

#include "tests/fleet/load.h"
#include "tests/fleet/mib.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define NOW (100 * NS_PER_S)

static const char walk[] =
    "# a comment\n"
    "1.0.8802.1.1.2.1.4.1.1.9.1 = STRING: node-1\n"
    "1.3.6.1.2.1.1.1.0 = STRING: RouterOS CCR2004\n"
    "1.3.6.1.2.1.1.2.0 = OID: 1.3.6.1.4.1.14988.1\n"
    "1.3.6.1.2.1.2.2.1.2.9 = STRING: not served, interfaces are live\n"
    "1.3.6.1.2.1.15.3.1.2.10.0.0.1 = INTEGER: -6\n"
    "1.3.6.1.2.1.31.1.1.1.1.9 = STRING: nor this\n"
    "1.3.6.1.2.1.33.1.2.4.0 = Gauge32: 4294967295\n"
    "1.3.6.1.4.1.14988.1.1.2.1.1.8.1 = Counter64: 18446744073709551615\n"
    "1.3.6.1.4.1.14988.1.1.2.1.1.9.4294967280 = Counter32: 7\n"
    "1.3.6.1.4.1.14988.1.1.18.1.1.2.3 = STRING: ran\n"
    "1.3.6.1.4.1.14988.1.1.19.1.1.2.1 = HEX: 73:66:70\n"
    "1.3.6.1.4.1.14988.1.1.19.1.1.11.1 = STRING: \n";

static struct fleet_device *
device_of(struct fleet_model *m, const char *id)
{
	return &m->device[inventory_device(m->inv, id)->index];
}

/* What an object looks like: its name, tag and content in hexadecimal. */
static const char *
object_text(const struct mib_view *v, const struct mib_object *o)
{
	static char	  text[400];
	uint8_t		  bytes[300];
	struct ber_writer w = { .p = bytes, .end = bytes + sizeof(bytes) };
	struct cursor	  c, name;
	struct oid	  oid;
	size_t		  at = 0;
	uint8_t		  tag;

	mib_write_name(v, o, &w);
	mib_write_value(v, o, &w);
	c = cursor_of(bytes, (size_t)(w.p - bytes));
	if (ber_read_tag(&c, BER_OID, &name) == -1 || ber_read_oid(name, &oid) == -1 || ber_read(&c, &tag, &name) == -1)
		return "malformed";
	for (size_t i = 0; i < oid.n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, i > 0 ? ".%u" : "%u", oid.arc[i]);
	at += (size_t)snprintf(text + at, sizeof(text) - at, " %02x", tag);
	while (cursor_left(&name) > 0)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %02x", cursor_u8(&name));
	return text;
}

static const char *
get(const struct mib_view *v, const char *name)
{
	struct mib_object o;
	struct oid	  oid;

	oid_read(name, &oid);
	switch (mib_find(v, &oid, &o)) {
	case MIB_NO_SUCH_INSTANCE:
		return "no such instance";
	case MIB_NO_SUCH_OBJECT:
		return "no such object";
	case MIB_FOUND:
		break;
	}
	return object_text(v, &o);
}

static const char *
next(const struct mib_view *v, const char *name)
{
	struct mib_object o;
	struct oid	  oid;

	oid_read(name, &oid);
	return mib_next(v, &oid, &o) ? object_text(v, &o) : "end";
}

#define M "1.3.6.1.4.1.14988.1.1."

static void
test_values(struct mib_view *v)
{
	is_text(get(v, "1.3.6.1.2.1.1.1.0"), "1.3.6.1.2.1.1.1.0 04 52 6f 75 74 65 72 4f 53 20 43 43 52 32 30 30 34", "sysDescr of the walk");
	is_text(get(v, "1.3.6.1.2.1.1.2.0"), "1.3.6.1.2.1.1.2.0 06 2b 06 01 04 01 f5 0c 01", "sysObjectID of the walk");
	is_text(get(v, "1.3.6.1.2.1.15.3.1.2.10.0.0.1"), "1.3.6.1.2.1.15.3.1.2.10.0.0.1 02 fa", "a negative INTEGER");
	is_text(get(v, "1.3.6.1.2.1.33.1.2.4.0"), "1.3.6.1.2.1.33.1.2.4.0 42 00 ff ff ff ff", "a Gauge32");
	is_text(get(v, M "2.1.1.8.1"), M "2.1.1.8.1 46 00 ff ff ff ff ff ff ff ff", "a Counter64");
	is_text(get(v, M "2.1.1.9.4294967280"), M "2.1.1.9.4294967280 41 07", "an index of 32 bits");
	is_text(get(v, M "19.1.1.2.1"), M "19.1.1.2.1 04 73 66 70", "a string in hexadecimal");
	is_text(get(v, M "19.1.1.11.1"), M "19.1.1.11.1 04", "an empty string");
	is_text(get(v, "1.3.6.1.2.1.2.2.1.2.9"), "no such instance", "interfaces are live, not recorded");
	is_text(get(v, M "19.1.1.2.2"), "no such object", "what is in neither");
	is_text(get(v, M "19.1.1.2"), "no such object", "a column is no object");
}

static void
test_order(struct mib_view *v)
{
	struct mib_object o, before;
	struct oid	  zero = { .n = 2, .arc = { 0, 0 } };
	size_t		  n = 1, recorded = 0;
	bool		  same = true;
	char		  last[400];

	is_text(next(v, "0.0"), "1.0.8802.1.1.2.1.4.1.1.9.1 04 6e 6f 64 65 2d 31", "a recorded object before the live ones");
	is_text(next(v, "1.0.8802.1.1.2.1.4.1.1.9.1"), "1.3.6.1.2.1.1.1.0 04 52 6f 75 74 65 72 4f 53 20 43 43 52 32 30 30 34", "then the live ones");
	is_text(next(v, "1.3.6.1.2.1.15"), "1.3.6.1.2.1.15.3.1.2.10.0.0.1 02 fa", "a recorded one between them");
	is_text(next(v, M "19.1.1.11.1"), get(v, "1.3.6.1.6.3.10.2.1.1.0"), "the live engine behind the last recorded one");
	mib_next(v, &zero, &o);
	for (before = o; mib_step(v, &o); before = o, n++) {
		snprintf(last, sizeof(last), "%s", object_text(v, &before));
		last[strcspn(last, " ")] = '\0';
		recorded += o.column == NULL;
		same = same && strcmp(next(v, last), object_text(v, &o)) == 0;
	}
	ok(same, "stepping and asking for the next agree for %zu objects", n);
	is_i64((int64_t)recorded, 7, "all recorded ones but the first came");
	v->no64 = true;
	is_text(next(v, M "2"), M "2.1.1.9.4294967280 41 07", "without Counter64 it is passed over");
	is_text(get(v, M "2.1.1.8.1"), "no such object", "and not found");
	v->no64 = false;
}

static void
test_set(struct fleet_model *m, struct mib_view *v)
{
	struct buf reply = { 0 };

	is_i64(fleet_command(m, NOW, "set device s001-r1 " M "2.1.1.9.4294967280 99", NULL), 0, "set a number");
	is_text(get(v, M "2.1.1.9.4294967280"), M "2.1.1.9.4294967280 41 63", "it is shown");
	is_i64(fleet_command(m, NOW, "set device s001-r1 " M "19.1.1.2.1 sfp9", NULL), 0, "set a string");
	is_i64(fleet_command(m, NOW, "set device s001-r1 " M "19.1.1.2.1 sfp2", NULL), 0, "and another in its place");
	is_text(get(v, M "19.1.1.2.1"), M "19.1.1.2.1 04 73 66 70 32", "the last is shown");
	is_i64(fleet_command(m, NOW, "set device s001-r1 " M "2.1.1.9.4294967280 4294967296", NULL), -1, "a number beyond its type");
	is_i64(fleet_command(m, NOW, "set device s001-r1 " M "2.1.1.9.1 1", NULL), -1, "an object that is not there");
	is_i64(fleet_command(m, NOW, "set device dc-1-r1 " M "2.1.1.9.1 1", NULL), -1, "a device without a walk");
	is_i64(fleet_command(m, NOW, "set device s001-r1 nonsense 1", NULL), -1, "no OID");
	get(v, M "18.1.1.2.3");
	fleet_command(m, NOW, "stats", &reply);
	buf_bytes(&reply, "", 1);
	ok(m->device[0].forbidden > 0 && strstr((const char *)reply.data, "forbidden 0") == NULL, "what runs scripts was read, and it is told");
	buf_free(&reply);
}

static void
test_bad(void)
{
	static const char *const bad[] = { "1.3.6 = INTEGER: 1\n1.3.6 = INTEGER: 2\n", "1.3.6 = INTEGER: x\n", "1.3.6 = Thing: 1\n",
		"1.3.6 INTEGER: 1\n", "1.3.6.4294967296 = INTEGER: 1\n", "1.3.6 = HEX: 0g\n", "1.3.6 = Counter32: -1\n" };
	unsigned line;

	for (size_t i = 0; i < nitems(bad); i++)
		ok(recorded_parse(bad[i], &line) == NULL, "refused: line %u of walk %zu", line, i);
}

int
main(void)
{
	struct recordings   *rs = recordings_new();
	struct inventory    *inv = test_inventory();
	struct fleet_options opt = { .mono_ns = NS_PER_S, .wall_ns = WALL_NS, .recordings = rs };
	struct fleet_model  *m;
	struct mib_view	     v;
	unsigned	     line;
	char		     dir[1024];
	const char	    *srcdir = getenv("srcdir");

	recordings_add(rs, "routeros", recorded_parse(walk, &line));
	m = fleet_model_new(inv, 1, &opt);
	v = (struct mib_view){ .m = m, .d = device_of(m, "s001-r1"), .now_ns = NOW };
	test_values(&v);
	test_order(&v);
	test_set(m, &v);
	test_bad();
	fleet_model_free(m);
	recordings_free(rs);
	snprintf(dir, sizeof(dir), "%s/tests/data/walks", srcdir != NULL ? srcdir : ".");
	rs = fleet_recordings_load(dir, inv);
	ok(rs != NULL && recordings_of(rs, "routeros") != NULL, "the walks of the profiles of an inventory load");
	recordings_free(rs);
	inventory_free(inv);
	return tap_done();
}
