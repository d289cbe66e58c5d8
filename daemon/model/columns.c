/* SPDX-License-Identifier: GPL-3.0-or-later */
/* columns.c: the tables of the inventory as data, and how a field of each type is read. */
#include "model/columns.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/networks.h"

#define NUMBER_LENGTH_MAX 40	/* so that a row of any numbers fits into a frame */

const char *const site_class_names[] = { "critical", "office", "park", NULL };
const char *const life_names[] = { "planned", "building", "live", "retired", NULL };
const char *const link_role_names[] = { "main", "backup", NULL };
const char *const link_kind_names[] = { "best_effort", "committed", NULL };
static const char *const snmp_versions[] = { "auto", "1", "2c", "3", NULL };

#define ID(row)	     { "id", COLUMN_ID, .required = true, .offset = offsetof(struct row, id), \
	.help = "Stable key: small letters, digits and \"-\", not only digits; never used again." }
#define LIFE(row)    { "life", COLUMN_ENUM, .def = "live", .words = life_names, .offset = offsetof(struct row, life), \
	.help = "Only what is live is measured and alerted on." }
#define CLASS(row)   { "class", COLUMN_ENUM, .def = "office", .words = site_class_names, \
	.offset = offsetof(struct row, class), .help = "How much its failure weighs." }
#define VIA(row)     { "via", COLUMN_TEXT, .max = 31, .def = "main", .offset = offsetof(struct row, via), \
	.help = "Measuring instance (measure in simpuld.conf)." }
#define OWNER(row)   { "owner", COLUMN_TEXT, .offset = offsetof(struct row, owner), .help = "Who answers for it." }
#define ADDRESS(row) { "address", COLUMN_ADDRESS, .offset = offsetof(struct row, address), \
	.help = "IPv4 or IPv6 address, in plain form." }

static const struct column site_columns[] = {
	ID(site),
	{ "name", COLUMN_TEXT, .required = true, .offset = offsetof(struct site, name),
	  .help = "Full name." },
	{ "short", COLUMN_TEXT, .max = 31, .offset = offsetof(struct site, short_name),
	  .help = "Name on a tile." },
	{ "kind", COLUMN_TEXT, .max = 31, .offset = offsetof(struct site, kind),
	  .help = "Such as opd, kelurahan, park; \"node\" for a node of the fibre." },
	{ "district", COLUMN_TEXT, .offset = offsetof(struct site, district), .help = "Kecamatan." },
	CLASS(site),
	OWNER(site),
	{ "lat", COLUMN_NUMBER, .min = -90, .max = 90, .offset = offsetof(struct site, lat),
	  .help = "Degrees north." },
	{ "lon", COLUMN_NUMBER, .min = -180, .max = 180, .offset = offsetof(struct site, lon),
	  .help = "Degrees east." },
	{ "hours", COLUMN_TEXT, .offset = offsetof(struct site, hours),
	  .help = "Office hours, \"mon-fri 07:30-15:30\"." },
	{ "contacts", COLUMN_TEXT, .max = 1023, .offset = offsetof(struct site, contacts),
	  .help = "Whom to call; joined by \"|\"." },
	LIFE(site),
	{ "networks", COLUMN_NETWORKS, .max = 1023, .offset = offsetof(struct site, networks),
	  .help = "Whose packets are its own, for the capture: such as 10.1.0.0/16; joined by \"|\"." },
	{ 0 }
};

static const struct column link_columns[] = {
	ID(link),
	{ "site", COLUMN_REF, .required = true, .ref = INPUT_SITES, .offset = offsetof(struct link, site_id),
	  .help = "Site that the line serves." },
	{ "role", COLUMN_ENUM, .def = "main", .words = link_role_names, .offset = offsetof(struct link, role),
	  .help = "The site's normal line, or its reserve." },
	{ "provider", COLUMN_TEXT, .max = 63, .offset = offsetof(struct link, provider),
	  .help = "Who sells the line; lines of one provider and district fail together." },
	{ "product", COLUMN_TEXT, .max = 63, .offset = offsetof(struct link, product),
	  .help = "What was bought." },
	{ "parent", COLUMN_REF, .ref = INPUT_SITES, .offset = offsetof(struct link, parent_id),
	  .help = "Site that this line passes through." },
	{ "address", COLUMN_ADDRESS, .offset = offsetof(struct link, address),
	  .help = "Address to probe, in plain form; without it the line is not probed." },
	{ "down_mbps", COLUMN_MBPS, .min = 0.001, .max = 1e6, .offset = offsetof(struct link, down_bps),
	  .help = "Contracted speed towards the site." },
	{ "up_mbps", COLUMN_MBPS, .min = 0.001, .max = 1e6, .offset = offsetof(struct link, up_bps),
	  .help = "Contracted speed from the site." },
	{ "kind", COLUMN_ENUM, .def = "best_effort", .words = link_kind_names,
	  .offset = offsetof(struct link, kind),
	  .help = "Whether the provider commits to the speed." },
	{ "sla_pct", COLUMN_NUMBER, .min = 0, .max = 100, .offset = offsetof(struct link, sla_pct),
	  .help = "Promised availability of a month in percent." },
	{ "price_idr", COLUMN_NUMBER, .min = 0, .max = 1e12, .offset = offsetof(struct link, price_idr),
	  .help = "Price of a month in rupiah." },
	{ "budget_code", COLUMN_TEXT, .offset = offsetof(struct link, budget_code),
	  .help = "Where it is booked." },
	{ "contract_end", COLUMN_DATE, .offset = offsetof(struct link, contract_end),
	  .help = "Last day of the contract." },
	{ "segments", COLUMN_REFS, .max = 1023, .ref = INPUT_SEGMENTS,
	  .offset = offsetof(struct link, segments),
	  .help = "Segments that it runs over." },
	{ "device", COLUMN_REF, .ref = INPUT_DEVICES, .offset = offsetof(struct link, device_id),
	  .help = "Device whose port carries it." },
	{ "port", COLUMN_TEXT, .max = 127, .offset = offsetof(struct link, port),
	  .help = "ifName of that port, as the device spells it." },
	VIA(link),
	LIFE(link),
	{ "rx_dbm_min", COLUMN_NUMBER, .min = -60, .max = 20, .offset = offsetof(struct link, rx_dbm_min),
	  .help = "Light in dBm that the port of the line must receive; without it the limit of the module." },
	{ "probe", COLUMN_PROBE, .offset = offsetof(struct link, probe),
	  .help = "How it is probed: a probe that \"simpulctl probes\" lists for lines, such as icmp, and behind \":\" its "
		  "port, if it has one, as in tcp:443; empty: as engine.link_probe says." },
	{ "source", COLUMN_ADDRESS, .offset = offsetof(struct link, source),
	  .help = "Address of this host from which it is probed, so that the packets take the way of that address." },
	{ "interface", COLUMN_INTERFACE, .offset = offsetof(struct link, interface),
	  .help = "Network device of this host through which it is probed, such as eth1." },
	{ "credential", COLUMN_FILE, .max = 63, .where = "secrets/probes", .offset = offsetof(struct link, credential),
	  .help = "File below secrets/probes with its key, for a probe that needs one." },
	{ 0 }
};

static const struct column device_columns[] = {
	ID(device),
	{ "site", COLUMN_REF, .required = true, .ref = INPUT_SITES,
	  .offset = offsetof(struct device, site_id),
	  .help = "Where it stands." },
	{ "kind", COLUMN_TEXT, .max = 31, .offset = offsetof(struct device, kind),
	  .help = "Such as router, switch, server, ups." },
	{ "profile", COLUMN_TEXT, .max = 31, .offset = offsetof(struct device, profile),
	  .help = "What its SNMP agent offers." },
	ADDRESS(device),
	{ "port", COLUMN_U16, .min = 1, .max = 65535, .def = "161", .offset = offsetof(struct device, port),
	  .help = "UDP port of its SNMP agent." },
	{ "version", COLUMN_CHOICE, .def = "auto", .words = snmp_versions,
	  .offset = offsetof(struct device, version),
	  .help = "SNMP version; auto: 2c, and 1 of a device that answers to nothing else." },
	{ "credential", COLUMN_FILE, .max = 63, .where = "secrets/snmp", .offset = offsetof(struct device, credential),
	  .help = "File below secrets/snmp with its community (version 3: user and pass phrases); without it the device is not polled." },
	{ "interval_s", COLUMN_U32, .min = 10, .max = 3600, .offset = offsetof(struct device, interval_s),
	  .help = "Seconds between two polls; without it those of snmp.interval_s." },
	OWNER(device),
	VIA(device),
	LIFE(device),
	{ 0 }
};

static const struct column service_columns[] = {
	ID(service),
	{ "site", COLUMN_REF, .required = true, .ref = INPUT_SITES,
	  .offset = offsetof(struct service, site_id),
	  .help = "Where it is served." },
	{ "kind", COLUMN_TEXT, .required = true, .max = 31, .offset = offsetof(struct service, kind),
	  .help = "Name of a probe that can ask a service, such as http, dns, tcp; or push: it reports by itself." },
	{ "target", COLUMN_TEXT, .required = true, .max = 1023, .offset = offsetof(struct service, target),
	  .help = "What is asked." },
	{ "expect", COLUMN_TEXT, .max = 1023, .offset = offsetof(struct service, expect),
	  .help = "What a good answer holds." },
	{ "interval_s", COLUMN_U32, .min = 1, .max = 86400, .offset = offsetof(struct service, interval_s),
	  .help = "Seconds between two rounds; without it those of interval_s of its kind." },
	CLASS(service),
	OWNER(service),
	{ "depends", COLUMN_REFS, .max = 1023, .ref = INPUT_SERVICES,
	  .offset = offsetof(struct service, depends),
	  .help = "Services that it needs." },
	VIA(service),
	LIFE(service),
	{ "credential", COLUMN_FILE, .max = 63, .offset = offsetof(struct service, credential),
	  .help = "File below secrets/probes with what it asks for, such as user and password." },
	{ 0 }
};

static const struct column segment_columns[] = {
	ID(segment),
	{ "name", COLUMN_TEXT, .required = true, .offset = offsetof(struct segment, name),
	  .help = "Full name." },
	{ "kind", COLUMN_TEXT, .max = 31, .offset = offsetof(struct segment, kind),
	  .help = "Such as fibre, pole, duct." },
	{ "a", COLUMN_REF, .ref = INPUT_SITES, .offset = offsetof(struct segment, a),
	  .help = "Site at one end." },
	{ "b", COLUMN_REF, .ref = INPUT_SITES, .offset = offsetof(struct segment, b),
	  .help = "Site at the other end." },
	{ "length_m", COLUMN_NUMBER, .min = 0, .max = 1e6, .offset = offsetof(struct segment, length_m),
	  .help = "Length in metres." },
	{ 0 }
};

#define TABLE(what, text) { #what, #what "s.csv", text, what##_columns, nitems(what##_columns) - 1, \
	sizeof(struct what) }

static const struct table tables[INPUT_KINDS] = {
	[INPUT_SITES] = TABLE(site, "Offices, parks, nodes and rooms."),
	[INPUT_LINKS] = TABLE(link, "The lines of each site."),
	[INPUT_DEVICES] = TABLE(device, "What is polled by SNMP."),
	[INPUT_SERVICES] = TABLE(service, "What people use over the network. What each kind asks, and the words of target and\n"
	    "expect, are in docs/probes.md."),
	[INPUT_SEGMENTS] = TABLE(segment, "What lines share and what fails together."),
};

const struct table *
table_of(enum input_kind what)
{
	return what > INPUT_CONF && what < INPUT_KINDS ? &tables[what] : NULL;
}

const char *
inventory_column(enum input_kind what, size_t i)
{
	const struct table *t = table_of(what);

	return t != NULL && i < t->ncolumns ? t->columns[i].name : NULL;
}

bool
list_next(const char **at, char id[ID_MAX])
{
	size_t len = strcspn(*at, "|");

	if (**at == '\0')
		return false;
	snprintf(id, ID_MAX, "%.*s", (int)(len < ID_MAX ? len : ID_MAX - 1), *at);
	*at += len + ((*at)[len] == '|');
	return true;
}

/* What is wrong with a field, as a sentence; always -1. */
struct fault {
	const struct column *col;
	const char	    *field;
	char		    *err;
	size_t		     size;
};

static int fault_say(const struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int
fault_say(const struct fault *f, const char *fmt, ...)
{
	char	shown[100], why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_visible(shown, sizeof(shown), f->field, strlen(f->field));
	snprintf(f->err, f->size, "%s \"%s\" %s", f->col->name, shown, why);
	return -1;
}

static bool
is_file_name(const char *s)
{
	return s[0] != '.' &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

/* A day of the Gregorian calendar as YYYY-MM-DD (ISO 8601). */
static bool
is_date(const char *s)
{
	static const char month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int		  y, m, d, days, i;

	for (i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? s[i] != '-' : s[i] < '0' || s[i] > '9')
			return false;
	if (s[10] != '\0')
		return false;
	y = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + s[3] - '0';
	m = (s[5] - '0') * 10 + s[6] - '0';
	d = (s[8] - '0') * 10 + s[9] - '0';
	if (m < 1 || m > 12)
		return false;
	days = month_days[m - 1] + (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
	return d >= 1 && d <= days;
}

/* One host's own address: not the unspecified, multicast or broadcast ones. */
static bool
is_host_address(const struct addr *a)
{
	static const struct addr none6 = { .family = 6 };

	if (a->family == 4)
		return a->byte[0] != 0 && a->byte[0] < 224;
	return a->byte[0] != 0xff && !addr_equal(a, &none6);
}

static int
word_index(const char *const *words, const char *word)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
parse_word(const struct fault *f, int *index)
{
	const char *const *w = f->col->words;
	char		   all[120] = "";
	size_t		   len = 0;

	*index = word_index(w, f->field);
	if (*index >= 0)
		return 0;
	for (; *w != NULL; w++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", len > 0 ? ", " : "", *w);
	return fault_say(f, "is not one of its words; use one of: %s", all);
}

static int
parse_number(const struct fault *f, double scale, double *out)
{
	const struct column *c = f->col;
	double		     v;

	*out = NAN;
	if (f->field[0] == '\0')
		return 0;
	if (strlen(f->field) > NUMBER_LENGTH_MAX || text_to_double(f->field, &v) == -1) {
		if (strchr(f->field, ',') != NULL)
			return fault_say(f, "is not a number; write it with a point, as in 2.5, and without thousands marks");
		return fault_say(f, "is not a number; write digits only, without a unit");
	}
	if (v < c->min || v > c->max)
		return fault_say(f, "is out of range; expected %.15g to %.15g", c->min, c->max);
	*out = v * scale;
	return 0;
}

static int
parse_whole(const struct fault *f, int64_t *out)
{
	const struct column *c = f->col;

	*out = 0;
	if (f->field[0] == '\0' && c->def == NULL)
		return 0;
	if (strlen(f->field) > NUMBER_LENGTH_MAX ||
	    text_to_i64(f->field, (int64_t)c->min, (int64_t)c->max, out) == -1)
		return fault_say(f, "is not a whole number from %.15g to %.15g", c->min, c->max);
	return 0;
}

static int
parse_address(const struct fault *f, struct addr *out)
{
	*out = (struct addr){ 0 };
	if (f->field[0] == '\0')
		return 0;
	if (addr_parse(out, f->field) == -1)
		return fault_say(f, "is not an IP address in plain form; write it as in 10.1.0.13 or 2001:db8::1");
	if (!is_host_address(out))
		return fault_say(f, "is not the address of one host; give the one that answers");
	return 0;
}

/* Its shape; whether there is such a probe, and whether it has a port, is told by who knows them. */
static int
parse_probe(const struct fault *f, struct link_probe *out)
{
	size_t	len = strcspn(f->field, ":");
	int64_t port = 0;

	*out = (struct link_probe){ 0 };
	if (f->field[0] == '\0')
		return 0;
	if (len == 0 || len >= sizeof(out->name) || strspn(f->field, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return fault_say(f, "is not a probe; write its name, and a port behind \":\", as in icmp or tcp:443");
	if (f->field[len] == ':' && text_to_i64(f->field + len + 1, 1, UINT16_MAX, &port) == -1)
		return fault_say(f, "has no port from 1 to 65535 behind \":\"; write it as in tcp:443");
	memcpy(out->name, f->field, len);
	out->port = (uint16_t)port;
	return 0;
}

/* As the kernel takes them (dev_valid_name). */
static int
check_interface(const struct fault *f)
{
	const char *s = f->field;

	if (s[0] == '\0')
		return 0;
	if (strlen(s) >= INTERFACE_NAME_MAX || strcmp(s, ".") == 0 || strcmp(s, "..") == 0 ||
	    s[strcspn(s, "/: \t")] != '\0' || !text_is_one_line(s))
		return fault_say(f, "is no network device; give its name of at most %d bytes, as \"ip link\" shows it",
		    INTERFACE_NAME_MAX - 1);
	return 0;
}

static int
check_id(const struct fault *f, const char *id)
{
	if (text_is_id(id))
		return 0;
	return fault_say(f, "is not an id; use 1 to 63 of a-z, 0-9 and \"-\", not only digits");
}

static int
check_ids(const struct fault *f)
{
	const char *at = f->field;
	char	    id[ID_MAX];

	while (list_next(&at, id))
		if (check_id(f, id) == -1)
			return -1;
	return 0;
}

static int
check_text(const struct fault *f)
{
	size_t len = strlen(f->field);
	size_t max = f->col->max > 0 ? (size_t)f->col->max : TEXT_COLUMN_MAX;

	if (len > max)
		return fault_say(f, "is too long; %zu bytes, at most %zu", len, max);
	if (!text_is_utf8(f->field, len))
		return fault_say(f, "is not UTF-8; save the file as \"CSV UTF-8\"");
	if (!text_is_one_line(f->field))
		return fault_say(f, "holds a line break or control character; use one line, and \"|\" between items");
	return 0;
}

static int
check_networks(const struct fault *f)
{
	struct network n;
	const char    *at = f->field;
	char	       text[NETWORK_TEXT_MAX], shown[NETWORK_TEXT_MAX * 4];
	int	       rc;

	while ((rc = network_next(&at, &n, text)) == 1)
		;
	if (rc == -1)
		return fault_say(f, "holds \"%s\", no network in plain form; write it as in 10.1.0.0/16, with zeros behind the "
		    "prefix", text_visible(shown, sizeof(shown), text, strlen(text)));
	return check_text(f);
}

int
column_parse(const struct column *col, const char *field, void *row, char *err, size_t err_size)
{
	const char  *text = field[0] == '\0' && col->def != NULL ? col->def : field;
	struct fault f = { col, text, err, err_size };
	char	    *at = (char *)row + col->offset;
	int64_t	     whole;
	int	     index, rc;

	if (text[0] == '\0' && col->required) {
		snprintf(err, err_size, "%s is empty; it must be given", col->name);
		return -1;
	}
	switch (col->type) {
	case COLUMN_ID:
	case COLUMN_REF:
		if (text[0] != '\0' && check_id(&f, text) == -1)
			return -1;
		return text_copy(at, ID_MAX, text);
	case COLUMN_REFS:
		*(const char **)at = text;
		return check_text(&f) == -1 ? -1 : check_ids(&f);
	case COLUMN_TEXT:
		*(const char **)at = text;
		return check_text(&f);
	case COLUMN_FILE:
		*(const char **)at = text;
		if (!is_file_name(text))
			return fault_say(&f, "is not a file name; give the name of a file below %s", col->where);
		return check_text(&f);
	case COLUMN_CHOICE:
		*(const char **)at = text;
		return parse_word(&f, &index);
	case COLUMN_DATE:
		*(const char **)at = text;
		if (text[0] != '\0' && !is_date(text))
			return fault_say(&f, "is not a date; write year, month and day as in 2026-12-31");
		return 0;
	case COLUMN_ENUM:
		rc = parse_word(&f, &index);
		*(unsigned *)at = (unsigned)index;
		return rc;
	case COLUMN_NUMBER:
		return parse_number(&f, 1, (double *)at);
	case COLUMN_MBPS:
		return parse_number(&f, 1e6, (double *)at);
	case COLUMN_U16:
		rc = parse_whole(&f, &whole);
		*(uint16_t *)at = rc == 0 ? (uint16_t)whole : 0;
		return rc;
	case COLUMN_U32:
		rc = parse_whole(&f, &whole);
		*(uint32_t *)at = rc == 0 ? (uint32_t)whole : 0;
		return rc;
	case COLUMN_ADDRESS:
		return parse_address(&f, (struct addr *)at);
	case COLUMN_PROBE:
		return parse_probe(&f, (struct link_probe *)at);
	case COLUMN_INTERFACE:
		*(const char **)at = text;
		return check_interface(&f);
	case COLUMN_NETWORKS:
		*(const char **)at = text;
		return check_networks(&f);
	}
	return -1;
}
