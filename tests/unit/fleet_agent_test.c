/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fleet_agent_test.c: the simulated SNMP agent, asked with the fleet's own encoder; fleet.py asks with Debian's tools. */
#include "tests/fleet/agent.h"

#include "tests/fleet/ber.h"
#include "tests/unit/fleet_test.h"
#include "tests/unit/tap.h"

#define GET	0xa0
#define GETNEXT 0xa1
#define SET	0xa3
#define GETBULK 0xa5
#define ID	0x1234567

#define NOW (100 * NS_PER_S)
#define VARBINDS_MAX 256

struct varbind {
	char	 name[100];		/* dotted */
	uint8_t	 tag;
	char	 text[100];		/* of a string */
	uint64_t number;		/* of anything else */
};

struct answer {
	bool	       came;		/* and was well formed */
	int64_t	       version, id, error, index;
	size_t	       n;
	struct varbind vb[VARBINDS_MAX];
	uint32_t       from;
};

static void
oid_parse(const char *text, struct oid *oid)
{
	char *end;

	for (oid->n = 0; *text != '\0'; text = *end == '.' ? end + 1 : end)
		oid->arc[oid->n++] = (uint32_t)strtoul(text, &end, 10);
}

static int
varbind_read(struct cursor *list, struct varbind *vb)
{
	struct cursor c, name, value;
	struct oid    oid;
	size_t	      i, n = 0;

	if (ber_read_tag(list, BER_SEQUENCE, &c) == -1 || ber_read_tag(&c, BER_OID, &name) == -1 ||
	    ber_read_oid(name, &oid) == -1 || ber_read(&c, &vb->tag, &value) == -1 || cursor_left(&c) != 0)
		return -1;
	for (i = 0; i < oid.n; i++)
		n += (size_t)snprintf(vb->name + n, sizeof(vb->name) - n, i > 0 ? ".%u" : "%u", oid.arc[i]);
	vb->number = 0;
	snprintf(vb->text, sizeof(vb->text), "%.*s", (int)cursor_left(&value), (const char *)value.p);
	while (cursor_left(&value) > 0)
		vb->number = vb->number << 8 | cursor_u8(&value);
	return 0;
}

static int
answer_read(const struct fleet_packet *p, struct answer *a)
{
	struct cursor c = cursor_of(p->data, p->len), message, community, pdu, list;

	if (ber_read_tag(&c, BER_SEQUENCE, &message) == -1 || cursor_left(&c) != 0 ||
	    ber_read_integer(&message, &a->version) == -1 ||
	    ber_read_tag(&message, BER_STRING, &community) == -1 ||
	    ber_read_tag(&message, 0xa2, &pdu) == -1 || cursor_left(&message) != 0 ||
	    ber_read_integer(&pdu, &a->id) == -1 || ber_read_integer(&pdu, &a->error) == -1 ||
	    ber_read_integer(&pdu, &a->index) == -1 || ber_read_tag(&pdu, BER_SEQUENCE, &list) == -1 ||
	    cursor_left(&pdu) != 0 || cursor_left(&community) != 6)
		return -1;
	for (a->n = 0; cursor_left(&list) > 0; a->n++)
		if (a->n == VARBINDS_MAX || varbind_read(&list, &a->vb[a->n]) == -1)
			return -1;
	return 0;
}

/* Ask for names, separated by spaces; x and y are the two integers before the varbinds. */
static void
ask(struct fleet_model *m, int64_t now_ns, int version, uint8_t type, int x, int y, const char *names,
    struct answer *a)
{
	uint8_t		    data[FLEET_DATA_MAX];
	struct ber_writer   w = { .p = data, .end = data + sizeof(data) };
	uint8_t		   *message = ber_open(&w, BER_SEQUENCE), *pdu, *list, *vb;
	char		   *copy = xstrdup(names), *rest = copy, *name;
	struct fleet_packet p = {
		.proto = FLEET_UDP, .from = 1, .to = test_addr("10.100.0.1"), .to_port = 161 };
	struct fleet_answer out;
	struct oid	    oid;

	ber_integer(&w, version);
	ber_text(&w, "public");
	pdu = ber_open(&w, type);
	ber_integer(&w, ID);
	ber_integer(&w, x);
	ber_integer(&w, y);
	list = ber_open(&w, BER_SEQUENCE);
	while ((name = strsep(&rest, " ")) != NULL) {
		oid_parse(name, &oid);
		vb = ber_open(&w, BER_SEQUENCE);
		ber_oid(&w, oid.arc, oid.n, NULL);
		ber_bytes(&w, BER_NULL, NULL, 0);
		ber_close(&w, vb);
	}
	ber_close(&w, list);
	ber_close(&w, pdu);
	ber_close(&w, message);
	free(copy);
	p.data = data;
	p.len = (size_t)(w.p - data);
	memset(a, 0, sizeof(*a));
	a->came = !w.full && fleet_input(m, now_ns, &p, &out) && answer_read(&out.packet, a) == 0;
	a->from = out.packet.from;
}

#define SYS_NAME_0 "1.3.6.1.2.1.1.5.0"
#define UP_TIME_0  "1.3.6.1.2.1.1.3.0"
#define IF_NAME	   "1.3.6.1.2.1.31.1.1.1.1"
#define HC_IN_1	   "1.3.6.1.2.1.31.1.1.1.6.1"
#define IN_1	   "1.3.6.1.2.1.2.2.1.10.1"

static const struct agent_case {
	const char *name, *command;
	int	    version;
	uint8_t	    type;
	const char *asked;
	bool	    came;
	int64_t	    error, index;
	size_t	    n;
	uint8_t	    tag;		/* of the first varbind */
	const char *answered;		/* its name; NULL: do not look */
} agent_cases[] = {
	{ "GET of a string", NULL, 1, GET, SYS_NAME_0, true, 0, 0, 1, BER_STRING, SYS_NAME_0 },
	{ "GET of a Counter64", NULL, 1, GET, HC_IN_1, true, 0, 0, 1, BER_COUNTER64, HC_IN_1 },
	{ "GET of no such row", NULL, 1, GET, IF_NAME ".77", true, 0, 0, 1, BER_NO_SUCH_INSTANCE, IF_NAME ".77" },
	{ "GET of a column", NULL, 1, GET, IF_NAME, true, 0, 0, 1, BER_NO_SUCH_INSTANCE, IF_NAME },
	{ "GET of no such object", NULL, 1, GET, "1.3.6.1.2.1.99.1", true, 0, 0, 1, BER_NO_SUCH_OBJECT, NULL },
	{ "GETNEXT from the root", NULL, 1, GETNEXT, "1.3", true, 0, 0, 1, BER_STRING, "1.3.6.1.2.1.1.1.0" },
	{ "GETNEXT to a column's first row", NULL, 1, GETNEXT, IF_NAME, true, 0, 0, 1, BER_STRING, IF_NAME ".1" },
	{ "GETNEXT to the next row", NULL, 1, GETNEXT, IF_NAME ".1", true, 0, 0, 1, BER_STRING, IF_NAME ".2" },
	{ "GETNEXT from below a row", NULL, 1, GETNEXT, IF_NAME ".1.9", true, 0, 0, 1, BER_STRING, IF_NAME ".2" },
	{ "GETNEXT to the next column", NULL, 1, GETNEXT, IF_NAME ".6", true, 0, 0, 1, BER_COUNTER32,
	    "1.3.6.1.2.1.31.1.1.1.2.1" },
	{ "GETNEXT behind the last row of all", NULL, 1, GETNEXT, IF_NAME ".4294967295", true, 0, 0, 1, BER_COUNTER32,
	    "1.3.6.1.2.1.31.1.1.1.2.1" },
	{ "GETNEXT at the end", NULL, 1, GETNEXT, "1.3.6.1.7", true, 0, 0, 1, BER_END_OF_MIB, "1.3.6.1.7" },
	{ "v1: GET of a string", NULL, 0, GET, SYS_NAME_0, true, 0, 0, 1, BER_STRING, SYS_NAME_0 },
	{ "v1: no Counter64", NULL, 0, GET, SYS_NAME_0 " " HC_IN_1, true, 2, 2, 2, BER_NULL, SYS_NAME_0 },
	{ "v1: GETNEXT leaves Counter64 out", NULL, 0, GETNEXT, "1.3.6.1.2.1.31.1.1.1.5.6", true, 0, 0, 1, BER_GAUGE32,
	    "1.3.6.1.2.1.31.1.1.1.15.1" },
	{ "v1: GETNEXT at the end", NULL, 0, GETNEXT, "1.3.6.1.7", true, 2, 1, 1, BER_NULL, "1.3.6.1.7" },
	{ "v1: GETBULK is not of v1", NULL, 0, GETBULK, IF_NAME, false, 0, 0, 0, 0, NULL },
	{ "v3 is not spoken", NULL, 3, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "SET", NULL, 1, SET, SYS_NAME_0, true, 17, 1, 1, BER_NULL, SYS_NAME_0 },
	{ "a response is no request", NULL, 1, 0xa2, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "silent", "silent device s001-r1 on", 1, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "toobig", "toobig device s001-r1 on", 1, GET, SYS_NAME_0, true, 1, 0, 0, 0, NULL },
	{ "generr", "generr device s001-r1 on", 1, GET, SYS_NAME_0, true, 5, 1, 1, BER_NULL, SYS_NAME_0 },
	{ "truncate", "truncate device s001-r1 on", 1, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "garbage", "garbage device s001-r1 on", 1, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "no64", "no64 device s001-r1 on", 1, GET, HC_IN_1, true, 0, 0, 1, BER_NO_SUCH_OBJECT, HC_IN_1 },
	{ "no power", "power site s001 off", 1, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
	{ "rebooting", "reboot device s001-r1 1", 1, GET, SYS_NAME_0, false, 0, 0, 0, 0, NULL },
};

static void
check_case(const struct inventory *inv, const struct agent_case *c)
{
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    a;

	if (c->command != NULL)
		fleet_command(m, NOW, c->command, NULL);
	ask(m, NOW, c->version, c->type, 0, 1, c->asked, &a);
	ok(a.came == c->came && (!a.came || (a.id == ID && a.version == c->version && a.error == c->error &&
	    a.index == c->index && a.n == c->n && (c->n == 0 || a.vb[0].tag == c->tag) &&
	    (c->answered == NULL || strcmp(a.vb[0].name, c->answered) == 0))), "%s", c->name);
	fleet_model_free(m);
}

static void
check_walks(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    one, many = { .n = 0 };
	char		    at[100] = "1.3";
	size_t		    n = 0, same = 0, i = 0;

	for (; n < 1000; n++, i++) {
		if (i == many.n) {
			ask(m, NOW, 1, GETBULK, 0, 200, at, &many);
			i = 0;
		}
		ask(m, NOW, 1, GETNEXT, 0, 0, at, &one);
		if (!one.came || !many.came || many.n == 0 || one.vb[0].tag == BER_END_OF_MIB)
			break;
		same += strcmp(one.vb[0].name, many.vb[i].name) == 0 && one.vb[0].tag == many.vb[i].tag &&
		    one.vb[0].number == many.vb[i].number;
		strcpy(at, one.vb[0].name);
	}
	ok(n > 200 && same == n && one.vb[0].tag == BER_END_OF_MIB,
	    "GETNEXT and GETBULK see the same %zu objects", n);
	ask(m, NOW, 1, GETBULK, 0, 200, "1.3", &many);
	ok(many.error == 0 && many.n > 40 && many.n < 200, "GETBULK ends with the frame, after %zu objects",
	    many.n);
	ask(m, NOW, 1, GETBULK, 1, 2, UP_TIME_0 " " IF_NAME " 1.3.6.1.7", &many);
	is_i64((int64_t)many.n, 5, "GETBULK: one single, two columns twice");
	ok(strcmp(many.vb[1].name, IF_NAME ".1") == 0 && strcmp(many.vb[3].name, IF_NAME ".2") == 0 &&
		many.vb[2].tag == BER_END_OF_MIB && many.vb[4].tag == BER_END_OF_MIB,
	    "row by row, with the end of the view");
	fleet_model_free(m);
}

static void
check_size(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    a;
	char		    names[4000] = HC_IN_1;
	size_t		    i;

	for (i = 1; i < 57; i++)
		strcat(names, " " HC_IN_1);
	ask(m, NOW, 1, GET, 0, 0, names, &a);
	ok(a.came && a.error == 0 && a.n == 57, "57 Counter64 fit one frame");
	for (; i < 66; i++)
		strcat(names, " " HC_IN_1);
	ask(m, NOW, 1, GET, 0, 0, names, &a);
	ok(a.came && a.error == 1 && a.n == 0, "66 are too big");
	fleet_model_free(m);
}

static void
check_identity(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    before, after, a;

	ask(m, NOW, 1, GET, 0, 0, IF_NAME ".1 " HC_IN_1, &before);
	is_text(before.vb[0].text, "ether1", "the first port carries the main line");
	fleet_command(m, NOW, "renumber device s001-r1", NULL);
	ask(m, NOW, 1, GET, 0, 0, IF_NAME ".1", &a);
	is_i64(a.vb[0].tag, BER_NO_SUCH_INSTANCE, "a renumbered device has other rows");
	ask(m, NOW, 1, GET, 0, 0, IF_NAME ".106 1.3.6.1.2.1.31.1.1.1.6.106", &after);
	ok(strcmp(after.vb[0].text, "ether1") == 0 && after.vb[1].number == before.vb[1].number,
	    "with the same names and counters");
	ask(m, NOW, 1, GETNEXT, 0, 0, IF_NAME, &a);
	is_text(a.vb[0].name, IF_NAME ".101", "in rising order");
	fleet_model_free(m);
}

static void
check_restart(const struct inventory *inv)
{
	static const char   names[] = UP_TIME_0 " 1.3.6.1.6.3.10.2.1.2.0 1.3.6.1.6.3.10.2.1.3.0 " HC_IN_1
	    " 1.3.6.1.2.1.31.1.1.1.19.1";
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    a, b;

	ask(m, NOW, 1, GET, 0, 0, names, &a);
	ask(m, NOW + 10 * NS_PER_S, 1, GET, 0, 0, names, &b);
	is_i64((int64_t)(b.vb[0].number - a.vb[0].number), 1000, "sysUpTime counts hundredths");
	ok(b.vb[1].number == a.vb[1].number && b.vb[2].number == a.vb[2].number + 10,
	    "engine time counts seconds");
	fleet_command(m, NOW, "jump device s001-r1 ether1 -1000000 mark", NULL);
	ask(m, NOW, 1, GET, 0, 0, names, &b);
	ok(b.vb[3].number == a.vb[3].number - 1000000 && b.vb[4].number == b.vb[0].number &&
		a.vb[4].number == 0,
	    "a marked jump moves ifCounterDiscontinuityTime");
	fleet_command(m, NOW, "reboot device s001-r1 5", NULL);
	ask(m, NOW + 15 * NS_PER_S, 1, GET, 0, 0, names, &b);
	ok(b.came && b.vb[0].number == 1000 && b.vb[1].number == a.vb[1].number + 1 && b.vb[2].number == 10 &&
	    b.vb[4].number == 0, "a restart: ten seconds up, one boot more, no discontinuity");
	fleet_command(m, NOW, "wrongid device s001-r1 on", NULL);
	ask(m, NOW + 15 * NS_PER_S, 1, GET, 0, 0, names, &b);
	ok(b.came && b.id != ID, "wrongid: an answer to another question");
	fleet_command(m, NOW, "wrongsrc device s001-r1 on", NULL);
	ask(m, NOW + 15 * NS_PER_S, 1, GET, 0, 0, names, &b);
	is_i64(b.from, test_addr("10.100.0.2"), "wrongsrc: from another address");
	fleet_model_free(m);
}

static void
check_oper_status(const struct inventory *inv)
{
	static const char   names[] = "1.3.6.1.2.1.2.2.1.8.1 1.3.6.1.2.1.2.2.1.8.2 1.3.6.1.2.1.2.2.1.9.1";
	struct fleet_model *m = test_model(inv, 1);
	struct answer	    a;

	ask(m, NOW, 1, GET, 0, 0, names, &a);
	ok(a.vb[0].number == 1 && a.vb[1].number == 1, "ports are up");
	fleet_command(m, NOW, "cut link s001-1", NULL);
	ask(m, NOW, 1, GET, 0, 0, names, &a);
	ok(a.vb[0].number == 2 && a.vb[1].number == 1 && a.vb[2].number > 0,
	    "but for the one whose line was cut");
	fleet_model_free(m);
}

static const struct ber_case {
	uint8_t	    tag;
	int64_t	    number;
	const char *bytes;
	size_t	    len;
} ber_cases[] = {
	{ BER_INTEGER, 0, "\x02\x01\x00", 3 },
	{ BER_INTEGER, 127, "\x02\x01\x7f", 3 },
	{ BER_INTEGER, 128, "\x02\x02\x00\x80", 4 },
	{ BER_INTEGER, -1, "\x02\x01\xff", 3 },
	{ BER_INTEGER, -128, "\x02\x01\x80", 3 },
	{ BER_INTEGER, -129, "\x02\x02\xff\x7f", 4 },
	{ BER_COUNTER32, 0, "\x41\x01\x00", 3 },
	{ BER_COUNTER32, 0x80, "\x41\x02\x00\x80", 4 },
	{ BER_COUNTER32, 0xffffffff, "\x41\x05\x00\xff\xff\xff\xff", 7 },
	{ BER_COUNTER64, -1, "\x46\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff", 11 },
};

static void
check_ber(void)
{
	size_t i;

	for (i = 0; i < nitems(ber_cases); i++) {
		const struct ber_case *c = &ber_cases[i];
		uint8_t		       data[16];
		struct ber_writer      w = { .p = data, .end = data + sizeof(data) };

		if (c->tag == BER_INTEGER)
			ber_integer(&w, c->number);
		else
			ber_unsigned(&w, c->tag, (uint64_t)c->number);
		ok((size_t)(w.p - data) == c->len && memcmp(data, c->bytes, c->len) == 0, "type 0x%02x, %lld",
		    c->tag, (long long)c->number);
	}
}

/* Mangled requests: no answer or one of a possible size, and nothing breaks (the sanitizers look on). */
static void
check_noise(const struct inventory *inv)
{
	struct fleet_model *m = test_model(inv, 1);
	uint8_t		    data[64], out[FLEET_DATA_MAX];
	static const uint8_t request[] = { 0x30, 0x26, 2, 1, 1, 4, 6, 'p', 'u', 'b', 'l', 'i', 'c', 0xa5, 0x19, 2, 1, 7, 2, 1, 0,
		2, 1, 10, 0x30, 0x0e, 0x30, 0x0c, 6, 8, 0x2b, 6, 1, 2, 1, 2, 2, 1, 5, 0 };
	uint64_t	    draw = 1;
	unsigned	    i, k, answered = 0;
	size_t		    n;

	for (i = 0; i < 200000; i++) {
		memcpy(data, request, sizeof(request));
		for (k = 0; k < 1 + i % 3; k++) {
			draw = draw * 6364136223846793005ULL + 1442695040888963407ULL;
			data[(draw >> 33) % sizeof(request)] = (uint8_t)(draw >> 50);
		}
		n = agent_answer(m, &m->device[0], NOW, data, sizeof(request) - (draw >> 20) % 4, out);
		answered += n > 0;
		if (n > sizeof(out))
			break;
	}
	ok(i == 200000 && answered > 1000 && answered < 200000, "mangled requests are survived (%u answered)",
	    answered);
	fleet_model_free(m);
}

/* What a test of scale asks for: as many ports as it says, one delay everywhere, some agents that never answer. */
static void
check_options(const struct inventory *inv)
{
	struct fleet_model *m = fleet_model_new(inv, 1, &(struct fleet_options){ .mono_ns = NS_PER_S, .wall_ns = WALL_NS,
	    .ports = 8, .rtt_ns = 40 * NS_PER_MS, .silent_ratio = 0.5 });
	struct answer	    a;

	ask(m, NOW, 1, GET, 0, 0, IF_NAME ".8", &a);
	ok(a.came && a.vb[0].tag == BER_STRING && strcmp(a.vb[0].text, "lo") == 0, "the eighth of eight ports is the loopback");
	ask(m, NOW, 1, GET, 0, 0, IF_NAME ".9", &a);
	ok(a.came && a.vb[0].tag == BER_NO_SUCH_INSTANCE, "there is no ninth");
	is_i64(test_ping(m, "10.1.0.1", NOW), 40 * NS_PER_MS, "a line behind two nodes takes the delay once");
	is_i64(test_ping(m, "10.9.0.1", NOW), 40 * NS_PER_MS, "and so does a node's");
	ok((m->device[0].faults & DEVICE_SILENT) == 0 && (m->device[1].faults & DEVICE_SILENT) != 0 &&
	    (m->device[2].faults & DEVICE_SILENT) == 0, "every other agent is silent");
	fleet_model_free(m);
}

int
main(void)
{
	struct inventory *inv = test_inventory();
	size_t		  i;

	for (i = 0; i < nitems(agent_cases); i++)
		check_case(inv, &agent_cases[i]);
	check_walks(inv);
	check_size(inv);
	check_identity(inv);
	check_restart(inv);
	check_oper_status(inv);
	check_ber();
	check_noise(inv);
	check_options(inv);
	inventory_free(inv);
	return tap_done();
}
