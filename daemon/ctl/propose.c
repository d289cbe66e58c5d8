/* SPDX-License-Identifier: GPL-3.0-or-later */
/* propose.c: see propose.h. */
#include "ctl/propose.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/inventory.h"

#define ENGINE_ID_MIN 12	/* hexadecimal digits: a shorter one is that of a make */
#define KEY_MAX	      320

static const char *
text_of(const json_t *v, const char *name)
{
	const char *s = json_string_value(json_object_get(v, name));

	return s != NULL ? s : "";
}

/* ---- who is who ---- */

struct groups {
	size_t	   *leader;	/* of each host: another of its group that was found before, or itself */
	struct map *keys;	/* what tells a box to the host that had it first, plus one */
	char	  **text;	/* of the keys, owned */
	size_t	    ntext;
};

static size_t
leader_of(const struct groups *g, size_t i)
{
	while (g->leader[i] != i)
		i = g->leader[i];
	return i;
}

/* Host i has this: it is the box that has had it before. */
static void
tell(struct groups *g, size_t i, const char *key)
{
	size_t other = (size_t)(uintptr_t)map_get(g->keys, key), a, b;

	if (other == 0) {
		g->text = xrealloc(g->text, g->ntext + 1, sizeof(*g->text));
		g->text[g->ntext] = xstrdup(key);
		map_add(g->keys, g->text[g->ntext++], (void *)(uintptr_t)(i + 1));
		return;
	}
	a = leader_of(g, i);
	b = leader_of(g, other - 1);
	if (a < b)
		g->leader[b] = a;
	else
		g->leader[a] = b;
}

/* From a factory (not made up by software), and not that of a virtual router. */
static bool
is_factory_mac(const char *mac)
{
	return strlen(mac) == 17 && strchr("048c", mac[1]) != NULL && strncmp(mac, "00:00:5e", 8) != 0;
}

static void
tell_host(struct groups *g, size_t i, const json_t *host)
{
	const char   *name = text_of(host, "name"), *engine = text_of(host, "engine_id"), *mac;
	char	      key[KEY_MAX];
	const json_t *v;
	size_t	      k;

	json_array_foreach(json_object_get(host, "macs"), k, v) {
		mac = json_string_value(v) != NULL ? json_string_value(v) : "";
		if (is_factory_mac(mac))
			tell(g, i, mac);
		snprintf(key, sizeof(key), "mac %s %s", mac, name);
		if (*name != '\0')
			tell(g, i, key);
	}
	if (*name == '\0')
		return;
	snprintf(key, sizeof(key), "engine %s %s", engine, name);
	if (strlen(engine) >= ENGINE_ID_MIN)
		tell(g, i, key);
	json_array_foreach(json_object_get(host, "own"), k, v) {
		snprintf(key, sizeof(key), "address %s %s", json_string_value(v), name);
		tell(g, i, key);
	}
	snprintf(key, sizeof(key), "address %s %s", text_of(host, "address"), name);
	tell(g, i, key);
}

static struct groups
groups_make(const json_t *found)
{
	struct groups g = { .keys = map_new() };
	const json_t *host;
	size_t	      i;

	g.leader = xcalloc(json_array_size(found) + 1, sizeof(*g.leader));
	json_array_foreach(found, i, host) {
		g.leader[i] = i;
		if (json_is_true(json_object_get(host, "snmp")))
			tell_host(&g, i, host);
	}
	return g;
}

static void
groups_free(struct groups *g)
{
	size_t i;

	map_free(g->keys);
	for (i = 0; i < g->ntext; i++)
		free(g->text[i]);
	free(g->text);
	free(g->leader);
}

/* ---- ids ---- */

/* "S013 RB750.kota" as "s013-rb750-kota". */
static void
id_from(char out[ID_MAX], const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n < ID_MAX - 1; text++)
		if (isalnum((unsigned char)*text))
			out[n++] = (char)tolower((unsigned char)*text);
		else if (n > 0 && out[n - 1] != '-')
			out[n++] = '-';
	while (n > 0 && out[n - 1] == '-')
		n--;
	out[n] = '\0';
}

struct ids {
	const struct map *taken;	/* by devices that there are */
	struct map	 *given;	/* to proposals */
};

static bool
is_taken(const struct ids *ids, const char *id)
{
	return map_get(ids->taken, id) != NULL || map_get(ids->given, id) != NULL;
}

/* By the name it has; by its site and number when that is none; by its address. */
static void
id_propose(struct proposal *new, const struct ids *ids)
{
	char	 base[ID_MAX], address[ID_MAX];
	unsigned n = 1;

	id_from(base, text_of(new->host, "name"));
	if (text_is_id(base) || *new->site == '\0') {
		if (!text_is_id(base)) {
			id_from(address, text_of(new->host, "address"));
			snprintf(base, sizeof(base), "host-%.50s", address);
		}
		text_copy(new->id, sizeof(new->id), base);
		while (is_taken(ids, new->id))
			snprintf(new->id, sizeof(new->id), "%.50s-%u", base, ++n);
	} else {
		do
			snprintf(new->id, sizeof(new->id), "%.40s-r%u", new->site, n++);
		while (is_taken(ids, new->id));
	}
	map_add(ids->given, new->id, new);
}

/* ---- kinds ---- */

/* By the number of the maker below enterprises (RFC 2578). */
static void
kind_propose(struct proposal *new)
{
	static const char enterprises[] = "1.3.6.1.4.1.";
	static const struct { int64_t maker; const char *kind, *profile; } kinds[] = {
		{ 14988, "router", "routeros" }, { 8072, "server", "net-snmp" },
	};
	const char *id = text_of(new->host, "object_id");
	int64_t	    maker;
	char	    number[12];
	size_t	    i;

	new->kind = new->profile = "";
	if (strncmp(id, enterprises, sizeof(enterprises) - 1) != 0)
		return;
	id += sizeof(enterprises) - 1;
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(id, "."), id);
	if (text_to_i64(number, 0, UINT32_MAX, &maker) == -1)
		return;
	for (i = 0; i < nitems(kinds); i++)
		if (kinds[i].maker == maker) {
			new->kind = kinds[i].kind;
			new->profile = kinds[i].profile;
		}
}

/* ---- proposals ---- */

/* What was learnt at one address holds for all of the box. */
static void
host_join(struct proposal *p, json_t *host)
{
	const char *known = json_string_value(json_object_get(host, "known"));

	if (p->host == NULL) {
		p->host = host;
		p->also = json_array();
	} else if (p->known == NULL && known != NULL && strcmp(text_of(host, "known_by"), "address") == 0) {
		json_array_append(p->also, json_object_get(p->host, "address"));
		p->host = host;		/* the address by which it is known */
	} else {
		json_array_append(p->also, json_object_get(host, "address"));
	}
	if (p->known == NULL)
		p->known = known;
	if (p->site == NULL || *p->site == '\0')
		p->site = text_of(host, "site");
}

void
proposals_make(struct proposals *p, const json_t *found, const struct map *taken)
{
	struct groups g = groups_make(found);
	struct ids    ids = { taken, map_new() };
	size_t	      n = json_array_size(found), *place = xcalloc(n + 1, sizeof(*place)), i, leader;
	json_t	     *host;

	*p = (struct proposals){ .v = xcalloc(n + 1, sizeof(*p->v)) };
	json_array_foreach(found, i, host) {
		if (!json_is_true(json_object_get(host, "snmp")))
			continue;
		leader = leader_of(&g, i);
		if (leader == i)
			place[i] = p->n++;
		host_join(&p->v[place[leader]], host);
	}
	for (i = 0; i < p->n; i++)
		if (p->v[i].known == NULL) {
			id_propose(&p->v[i], &ids);
			kind_propose(&p->v[i]);
		}
	map_free(ids.given);
	free(place);
	groups_free(&g);
}

void
proposals_free(struct proposals *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		json_decref(p->v[i].also);
	free(p->v);
}

/* ---- rows ---- */

void
csv_field(struct buf *out, const char *text)
{
	if (strpbrk(text, ",;\"\r\n") == NULL && *text != ' ') {
		buf_text(out, text);
		return;
	}
	buf_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_u8(out, '"');
		buf_u8(out, (uint8_t)*text);
	}
	buf_u8(out, '"');
}

/*
 * The columns of the shipped devices.csv, in their order: rows are pasted below a header that is there
 * already. What else a device may have is for who adds it.
 */
static const char *const device_columns[] = { "id", "site", "kind", "profile", "address", "port", "version",
	"credential", "owner", "via", "life" };

static void
write_device(struct buf *out, const struct proposal *p, const struct proposal_place *place)
{
	const char *const fields[nitems(device_columns)] = { p->id, p->site, p->kind, p->profile,
		text_of(p->host, "address"), place->port, place->version, text_of(p->host, "credential"), "",
		place->via, "live" };
	size_t		  k;

	for (k = 0; k < nitems(device_columns); k++) {
		if (k > 0)
			buf_u8(out, ',');
		csv_field(out, fields[k]);
	}
	buf_u8(out, '\n');
}

size_t
proposals_write_devices(const struct proposals *p, const struct proposal_place *place, struct buf *out)
{
	size_t i, k, rows = 0;

	for (k = 0; k < nitems(device_columns); k++)
		buf_printf(out, "%s%s", k > 0 ? "," : "", device_columns[k]);
	buf_u8(out, '\n');
	for (i = 0; i < p->n; i++)
		if (p->v[i].known == NULL) {
			write_device(out, &p->v[i], place);
			rows++;
		}
	return rows;
}

static const char *
row_field(const json_t *row, const char *column)
{
	const char *s = NULL;
	size_t	    i;

	for (i = 0; inventory_column(INPUT_LINKS, i) != NULL; i++)
		if (strcmp(inventory_column(INPUT_LINKS, i), column) == 0)
			s = json_string_value(json_array_get(row, i));
	return s != NULL ? s : "";
}

/* A port's name is the device's own text; what a spreadsheet would take for a formula is left to be typed. */
static bool
is_wanted(const char *id, const json_t *line)
{
	const json_t *row = json_object_get(line, "row");
	const char   *port = text_of(line, "port"), *device = row_field(row, "device");

	return *port != '\0' && strchr("=+-@", *port) == NULL && *row_field(row, "port") == '\0' &&
	    (*device == '\0' || strcmp(device, id) == 0);
}

static void
write_line(struct buf *out, const char *id, const json_t *line)
{
	const json_t *row = json_object_get(line, "row");
	const char   *column;
	size_t	      i;

	for (i = 0; (column = inventory_column(INPUT_LINKS, i)) != NULL; i++) {
		if (i > 0)
			buf_u8(out, ',');
		csv_field(out, strcmp(column, "device") == 0 ? id : strcmp(column, "port") == 0 ?
		    text_of(line, "port") : row_field(row, column));
	}
	buf_u8(out, '\n');
}

/* How many hosts say to have the address of each line. */
static struct map *
claims_count(const struct proposals *p)
{
	struct map   *claims = map_new();
	const char   *id;
	const json_t *line;
	size_t	      i, k;
	uintptr_t     n;

	for (i = 0; i < p->n; i++)
		json_array_foreach(json_object_get(p->v[i].host, "links"), k, line) {
			id = text_of(line, "id");
			n = (uintptr_t)map_remove(claims, id) + 1;
			map_add(claims, id, (void *)n);
		}
	return claims;
}

size_t
proposals_write_links(const struct proposals *p, struct buf *out)
{
	struct map   *claims = claims_count(p);
	const json_t *line;
	const char   *id;
	size_t	      i, k, rows = 0;

	for (k = 0; inventory_column(INPUT_LINKS, k) != NULL; k++)
		buf_printf(out, "%s%s", k > 0 ? "," : "", inventory_column(INPUT_LINKS, k));
	buf_u8(out, '\n');
	for (i = 0; i < p->n; i++) {
		id = p->v[i].known != NULL ? p->v[i].known : p->v[i].id;
		json_array_foreach(json_object_get(p->v[i].host, "links"), k, line)
			if (is_wanted(id, line) &&
			    ((uintptr_t)map_get(claims, text_of(line, "id")) == 1 ||
			    strcmp(row_field(json_object_get(line, "row"), "address"),
			    text_of(p->v[i].host, "address")) == 0)) {
				write_line(out, id, line);
				rows++;
			}
	}
	map_free(claims);
	return rows;
}
