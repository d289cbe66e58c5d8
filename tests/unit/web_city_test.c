/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The city in the shape of the API, who sees what of it, routes beside openapi.json, page files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "dashboards/options.h"
#include "dashboards/percentile.h"
#include "dashboards/web.h"
#include "live/incident.h"
#include "tests/unit/tap.h"

/* ---- a city of two sites and a node ---- */

#define LINK(id, site, code, more)                                                                           \
	"{\"id\":\"" id "\",\"site\":\"" site "\",\"site_name\":\"Kantor " site                              \
	"\",\"role\":\"main\",\"provider\":\"icon+\","                                                       \
	"\"code\":\"" code "\",\"state\":\"up\",\"since\":\"2026-11-21T01:02:03.004Z\"," more "}"
#define SITE(id, code, lines, cause)                                                                         \
	"{\"id\":\"" id "\",\"name\":\"Kantor " id                                                           \
	"\",\"short\":null,\"kind\":\"kelurahan\",\"district\":\"Kota\","                                    \
	"\"class\":\"office\",\"life\":\"live\",\"code\":\"" code "\",\"state\":\"ok\",\"since\":null,"      \
	"\"incident\":" cause ",\"links\":[" lines "]}"

static void
add(struct city *c, void (*how)(struct city *, const json_t *), const char *text)
{
	json_t *v = json_loads(text, 0, NULL);

	if (v == NULL)
		fatalx("bug: %s", text);
	how(c, v);
	json_decref(v);
}

#define SERVICE(id, site, code, more)                                                                        \
	"{\"id\":\"" id "\",\"site\":\"" site "\",\"site_name\":\"Kantor " site                              \
	"\",\"kind\":\"http\",\"class\":\"office\",\"life\":\"live\",\"owner\":\"kominfo\",\"target\":\"https://10.1.0.1/\","  \
	"\"code\":\"" code "\",\"state\":\"ok\",\"since\":null,\"incident\":null," more "}"

static struct city *
city_of(const char *rtt_s, const char *s2_code)
{
	struct city *c = city_new();
	char	     text[800];

	snprintf(text, sizeof(text),
	    LINK("s1-1", "s1", "down",
		"\"rtt_s\":null,\"parent\":\"node-1\",\"rx_bps\":1000,"
		"\"tx_bps\":50,\"down_bps\":10000,\"up_bps\":null,\"address\":\"10.1.0.1\",\"incident\":"
		"\"inc-5\","
		"\"last\":\"2026-11-21T01:02:03.000Z\""));
	add(c, city_add_link, text);
	snprintf(text, sizeof(text),
	    LINK("s1-2", "s1", "ok",
		"\"rtt_s\":%s,\"rx_bps\":500,\"loss_ratio\":0.0123456,"
		"\"last\":\"2026-11-21T01:02:09.000Z\""),
	    rtt_s);
	add(c, city_add_link, text);
	add(c, city_add_link, LINK("s2-1", "s2", "ok", "\"rtt_s\":0.02"));
	add(c, city_add_service, SERVICE("web-1", "s1", "impacted", "\"total_s\":0.12345,\"cert_days\":29.9,"
	    "\"reason\":\"db-2, which it needs, is down\",\"last\":\"2026-11-21T01:02:03.000Z\""));
	add(c, city_add_service, SERVICE("db-2", "s2", "down", "\"reason\":\"refused\""));
	add(c, city_add_service, SERVICE("db-2", "s2", "down", "\"reason\":\"again\""));
	add(c, city_add_device, "{\"id\":\"s2-r1\",\"site\":\"s2\"}");
	add(c, city_add_site,
	    SITE("s1", "backup", "{\"id\":\"s1-1\"},{\"id\":\"s1-2\"},{\"id\":\"gone\"}", "\"inc-5\""));
	snprintf(text, sizeof(text), SITE("s2", "%s", "{\"id\":\"s2-1\"}", "null"), s2_code);
	add(c, city_add_site, text);
	add(c, city_add_site, SITE("node-1", "king", "", "null"));
	add(c, city_add_incident,
	    "{\"id\":\"inc-4\",\"status\":\"closed\",\"root\":\"link/s2-1\",\"kind\":\"link.down\","
	    "\"severity\":\"major\",\"version\":3,\"site\":null,\"cause\":\"\",\"closed\":\"2026-11-21T01:02:"
	    "03Z\"}");
	add(c, city_add_incident,
	    "{\"id\":\"inc-5\",\"status\":\"open\",\"root\":\"site/node-1\",\"members\":2,"
	    "\"version\":1,\"ack\":{\"user\":\"op\",\"note\":\"\",\"t\":\"2026-11-21T01:02:03Z\"}}");
	add(c, city_add_incident,
	    "{\"id\":\"inc-6\",\"status\":\"pending\",\"root\":\"link/s2-1\",\"version\":1}");
	city_finish(c);
	return c;
}

static double
number(const json_t *v, const char *key)
{
	return json_is_number(json_object_get(v, key)) ? json_number_value(json_object_get(v, key)) : NAN;
}

static void
is_member(const json_t *v, const char *key, const char *want, const char *name)
{
	is_text(json_string_value(json_object_get(v, key)), want, name);
}

static void
test_city(void)
{
	struct city		   *c = city_of("0.0304049", "ok");
	const struct city_site	   *s = map_get(c->site_by_id, "s1");
	const struct city_link	   *l = map_get(c->link_by_id, "s1-1");
	const struct city_incident *i = map_get(c->incident_by_id, "inc-4");

	is_near(number(s->v, "rtt_ms"), 30.4, 1e-9, "a site's delay is that of the line that works, in ms");
	is_near(number(s->v, "loss_pct"), 1.235, 1e-9, "its loss in percent");
	is_near(number(s->v, "rx_bps"), 1500, 1e-9, "its traffic the sum of its lines");
	is_near(number(s->v, "tx_bps"), 50, 1e-9, "as far as it is known");
	is_member(s->v, "parent", "node-1", "its parent that of its first line");
	ok(s->nlinks == 2 && json_array_size(json_object_get(s->v, "links")) == 2,
	    "lines that have gone are left out");
	ok(s->last_ns % (60 * NS_PER_S) == 9 * NS_PER_S, "its age that of the line measured last");
	is_near(number(l->v, "util_pct"), 10, 1e-9, "use against the one direction that is contracted");
	s = map_get(c->site_by_id, "node-1");
	is_member(s->v, "state", "unknown", "a code that is none of the page's");
	ok(isnan(number(s->v, "rtt_ms")) && isnan(number(s->v, "rx_bps")), "without lines nothing is known");

	ok(c->nincidents == 2 && c->incident[0]->number == 5, "newest first, and not the pending one");
	is_member(i->v, "site", "s2", "an old incident's site comes from its root");
	is_member(i->v, "site_name", "Kantor s2", "with its name");
	ok(json_is_null(json_object_get(i->v, "cause")) && json_is_null(json_object_get(i->v, "members")),
	    "what is not known is null");
	is_member(json_object_get(c->incident[0]->v, "acked"), "by", "op", "who has acknowledged");
	is_text(city_site_of(c, "port/s2-r1.ether1"), "s2", "the site of a port");
	ok(city_site_of(c, "link/x") == NULL && city_site_of(c, "nonsense") == NULL, "and of nothing");
	ok(city_link_matches(l, "KANTOR", false) && city_link_matches(l, "10.1.0", true) &&
	    !city_link_matches(l, "10.1.0", false) && city_link_matches(l, "icon", false), "searching");
	city_free(c);
}

/* A member of the inventory is another by now: an open page must hear of each. */
static void
test_entries(void)
{
	static const char *const site[] = { "name", "short", "kind", "district", "class", "life", "parent" },
				*const link[] = { "site_name", "role", "provider", "product", "contract_down_bps",
				    "contract_up_bps", "committed", "address", "parent" };
	struct city *a = city_of("0.03", "ok"), *b = city_of("0.03", "ok");
	struct city_link *first;
	json_t	   *v, *kept;
	size_t	    i;

	is_i64(city_compare(b, a, 2), 0, "nothing has changed");
	for (i = 0; i < nitems(site) + nitems(link); i++) {
		bool	    of_site = i < nitems(site);
		const char *key = of_site ? site[i] : link[i - nitems(site)];

		v = of_site ? b->site[0]->v : b->link[0]->v;
		kept = json_incref(json_object_get(v, key));
		json_object_set_new(v, key, json_string("another"));
		ok(city_compare(b, a, 2) == -1, "another %s of a %s", key, of_site ? "site" : "line");
		json_object_set_new(v, key, kept);
	}
	first = b->site[0]->link[0];
	b->site[0]->link[0] = b->site[0]->link[1];
	b->site[0]->link[1] = first;
	is_i64(city_compare(b, a, 2), -1, "another order of its lines");
	city_free(a);
	city_free(b);
}

static void
test_compare(void)
{
	struct city *empty = city_new(), *a = city_of("0.0304049", "ok"), *b = city_of("0.0304011", "warn"),
	    *less = city_new();

	is_i64(city_compare(a, empty, 1), -1, "objects have come");
	is_i64(city_compare(b, a, 2), 1, "one state differs; a digit that is not shown does not");
	is_i64((int64_t)((struct city_site *)map_get(b->site_by_id, "s2"))->changed, 2,
	    "what differs is of this batch");
	is_i64((int64_t)((struct city_site *)map_get(b->site_by_id, "s1"))->changed, 1,
	    "the rest of an older one");
	add(less, city_add_site, SITE("s1", "ok", "", "null"));
	is_i64(city_compare(less, b, 3), -1, "objects have gone");
	test_entries();
	city_free(empty);
	city_free(a);
	city_free(b);
	city_free(less);
}

static void
test_scope(void)
{
	static char	site[1][ID_MAX] = { "s1" };
	struct city    *c = city_of("0.03", "ok");
	struct session	opd = { .user = { .role = USER_OPD, .site = site, .nsites = 1 } },
			noc = { .user = { .role = USER_NOC } };
	uint32_t	first;

	ok(sees_site(&opd, "s1") && !sees_site(&opd, "s2") && !sees_site(&opd, ""),
	    "an opd sees its own sites");
	ok(sees_site(&noc, "s2"), "an operator all");
	ok(sees_incident(&opd, c, "inc-5", "node-1"), "what makes its site suffer");
	ok(!sees_incident(&opd, c, "inc-4", "s2"), "nothing else");
	ok(sees_ref(&opd, c, "link/s1-1/rx_bps") && !sees_ref(&opd, c, "link/s2-1/rx_bps") &&
		!sees_ref(&opd, c, "link/x/rx_bps") && !sees_ref(&opd, c, "host/s2-r1/load1"),
	    "series of its lines");
	ok(scope_mark(&noc) == 0 && scope_mark(&opd) != 0, "the mark of a scope is 0 for everything");
	first = scope_mark(&opd);
	strcpy(site[0], "s2");
	ok(scope_mark(&opd) != first, "and another for other sites");
	opd.user.nsites = 0;
	ok(!sees_site(&opd, "s1"), "without sites nothing");
	city_free(c);
}

static void
test_services(void)
{
	static char		   site[1][ID_MAX] = { "s1" };
	struct city		  *c = city_of("0.03", "ok");
	struct session		   opd = { .user = { .role = USER_OPD, .site = site, .nsites = 1 } },
				   noc = { .user = { .role = USER_NOC } };
	const struct city_service *s = map_get(c->service_by_id, "web-1");
	json_t			  *seen = json_copy(s->v);

	is_i64((int64_t)c->nservices, 2, "services come once, however the list moves");
	is_near(number(s->v, "total_ms"), 123.5, 1e-9, "their time in ms");
	is_near(number(s->v, "cert_days"), 29, 1e-9, "whole days of their certificate");
	ok(isnan(number(s->v, "ttfb_ms")), "what is not known is null");
	ok(city_service_matches(s, "KOMINFO", false) && city_service_matches(s, "10.1.0", true) &&
		!city_service_matches(s, "10.1.0", false),
	    "found by owner; by target for who sees it");
	scope_object(&noc, c, seen);
	is_member(seen, "target", "https://10.1.0.1/", "an operator sees what is asked");
	scope_object(&opd, c, seen);
	ok(json_object_get(seen, "target") == NULL, "an opd does not");
	ok(json_is_null(json_object_get(seen, "reason")), "nor which service of others it needs");
	ok(sees_ref(&opd, c, "service/web-1/total_s") && !sees_ref(&opd, c, "service/db-2/total_s"),
	    "and series of its own services only");
	json_decref(seen);
	city_free(c);
}

#define OPEN   "{\"id\":\"inc-7\",\"status\":\"open\",\"root\":\"site/node-1\",\"version\":1}"
#define CLOSED "{\"id\":\"inc-7\",\"status\":\"closed\",\"root\":\"site/node-1\",\"version\":2}"

static struct city *
city_with(const char *cause, const char *incident)
{
	struct city *c = city_new();
	char	     text[400];

	snprintf(text, sizeof(text), SITE("s1", "ok", "", "%s"), cause);
	add(c, city_add_site, text);
	add(c, city_add_incident, incident);
	city_finish(c);
	return c;
}

/* Who suffers may come to light after the incident, and is over before it. */
static void
test_suffering(void)
{
	struct city *c[4] = {city_with("null", OPEN), city_with("\"inc-7\"", OPEN), city_with("null", OPEN),
	    city_with("null", CLOSED)};
	size_t i;

	ok(!city_suffers(c[0], "inc-7", "s1"), "an incident that its site does not know yet");
	is_i64(city_compare(c[1], c[0], 2), 2, "differs when the site does");
	is_i64((int64_t)c[1]->incident[0]->changed, 2, "so that it is told to somebody new");
	is_i64(city_compare(c[2], c[1], 3), 1, "a site that is well again");
	is_i64((int64_t)c[2]->incident[0]->changed, 2, "is no news of the incident");
	is_i64(city_compare(c[3], c[2], 4), 1, "but its end is one");
	ok(city_suffers(c[3], "inc-7", "s1") && !city_suffers(c[3], "inc-7", "s2") &&
		!city_suffers(c[3], "inc-8", "s1"),
	    "for the site that has suffered");
	for (i = 0; i < nitems(c); i++)
		city_free(c[i]);
}

/* ---- the table of routes is openapi.json ---- */

static json_t *
openapi(void)
{
	const char *srcdir = getenv("srcdir");
	char	    path[512];
	json_t	   *doc;

	snprintf(path, sizeof(path), "%s/dashboards/openapi.json", srcdir != NULL ? srcdir : ".");
	doc = json_load_file(path, 0, NULL);
	if (doc == NULL)
		fatalx("cannot read %s", path);
	return doc;
}

static bool
roles_agree(unsigned roles, const json_t *names)
{
	unsigned said = 0;
	size_t	 i;
	json_t	*name;

	json_array_foreach(names, i, name) {
		enum user_role r = user_role_of(json_string_value(name));

		said |= r == USER_ROLES ? ANYONE : ROLE(r);
	}
	return said == roles;
}

static void
test_routes(void)
{
	json_t		   *doc = openapi(), *op;
	const json_t	   *paths = json_object_get(doc, "paths");
	const struct route *r;
	const char	   *path, *method;
	char		    lower[10], id[ID_MAX];
	json_t		   *methods;
	size_t		    i, described = 0, rows = 0;
	bool		    other;

	for (r = routes; r->path != NULL; r++) {
		for (i = 0; r->method[i] != '\0'; i++)
			lower[i] = (char)(r->method[i] | 0x20);
		lower[i] = '\0';
		op = json_object_get(json_object_get(paths, r->path), lower);
		if (r->name == NULL)
			continue;
		rows++;
		ok(op != NULL && strcmp(json_string_value(json_object_get(op, "operationId")), r->name) == 0,
		    "%s %s is %s of openapi.json", r->method, r->path, r->name);
		ok(roles_agree(r->roles, json_object_get(op, "x-roles")) &&
		    strcmp(json_string_value(json_object_get(op, "x-scope")), scope_names[r->scope]) == 0,
		    "with the same roles and scope");
	}
	json_object_foreach((json_t *)paths, path, methods)
		json_object_foreach(methods, method, op)
			described++;
	is_i64((int64_t)rows, (int64_t)described, "and openapi.json describes nothing else");
	ok((r = route_find("GET", "/api/v1/sites/s013", id, &other)) != NULL && r->scope == SCOPE_SITE &&
	    strcmp(id, "s013") == 0, "an id is taken out of the path");
	ok(route_find("GET", "/api/v1/sites/..", id, &other) == NULL && !other &&
	    route_find("GET", "/api/v1/sites/", id, &other) == NULL &&
	    route_find("GET", "/api/v1/sites/S013", id, &other) == NULL &&
	    route_find("GET", "/api/v1/sites/s013/x", id, &other) == NULL, "what is no id is no path");
	ok(route_find("PUT", "/api/v1/summary", id, &other) == NULL && other, "a path with another method");
	json_decref(doc);
}

/* A word of the engine that the API does not name would have no translation in the pages. */
static void
test_causes(void)
{
	json_t		 *doc = openapi();
	const json_t	 *schemas = json_object_get(json_object_get(doc, "components"), "schemas"),
			 *words = json_object_get(json_object_get(schemas, "Cause"), "enum");
	const char	 *word;
	size_t		  i;

	is_i64((int64_t)json_array_size(words), CAUSES, "openapi.json names as many causes as the engine");
	for (i = 0; i < CAUSES; i++) {
		word = json_string_value(json_array_get(words, i));
		is_text(word != NULL ? word : "", cause_names[i], "the same ones");
	}
	json_decref(doc);
}

/* ---- 5-minute averages and their percentile ---- */

static void
test_percentile(void)
{
	int64_t t[40];
	double	v[40], out[40];
	size_t	i;

	for (i = 0; i < 20; i++)
		v[i] = (double)(20 - i);
	is_near(percentile_95(v, 20), 19, 0, "of 20 the highest is thrown away");
	for (i = 0; i < 19; i++)
		v[i] = (double)i;
	is_near(percentile_95(v, 19), 18, 0, "of 19 none is");
	v[0] = v[1] = NAN;
	v[2] = 7;
	is_near(percentile_95(v, 3), 7, 0, "unknown ones do not count");
	v[0] = NAN;
	ok(isnan(percentile_95(v, 1)) && isnan(percentile_95(v, 0)), "nothing known, no figure");
	for (i = 0; i < 10; i++) {
		t[i] = 600 + 60 * (int64_t)(i + 1);
		v[i] = i < 5 ? 10 : i == 5 ? 40 : NAN;
	}
	is_i64((int64_t)five_minutes(t, v, 10, 60, out), 2, "ten minutes are two averages");
	ok(out[0] == 10 && isnan(out[1]), "of which one minute in five is not enough");
	v[6] = v[7] = 10;
	five_minutes(t, v, 10, 60, out);
	is_near(out[1], 20, 0, "three are");
}

/* ---- page files ---- */

static void
put_file(const char *dir, const char *name, const char *text)
{
	char  path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (f == NULL)
		fatal("%s", path);
	fputs(text, f);
	fclose(f);
}

static void
test_files(void)
{
	static const char *const names[] = {
	    "index.html", "assets/a-1.js", "assets/a-1.js.gz", "assets/a-1.js.br", "secret", ".hidden.js"};
	char			  dir[] = "/tmp/simpul-web-test-XXXXXX", path[300];
	struct static_files	 *f;
	const struct static_file *js;
	size_t			  i;

	if (mkdtemp(dir) == NULL)
		fatal("mkdtemp");
	snprintf(path, sizeof(path), "%s/assets", dir);
	mkdir(path, 0755);
	for (i = 0; i < nitems(names); i++)
		put_file(dir, names[i], names[i]);
	snprintf(path, sizeof(path), "%s/passwd.txt", dir);
	if (symlink("/etc/passwd", path) == -1)
		fatal("symlink");
	f = static_load(dir);
	js = static_find(f, "/assets/a-1.js");
	ok(static_count(f) == 2 && js != NULL && js->immutable && static_find(f, "/index.html") != NULL &&
	    !static_find(f, "/index.html")->immutable, "files with a type, and what lies beside them");
	ok(static_find(f, "/assets/../index.html") == NULL && static_find(f, "/assets/a-1.js.gz") == NULL &&
	    static_find(f, "/.hidden.js") == NULL && static_find(f, "/passwd.txt") == NULL &&
	    static_find(f, "/secret") == NULL, "and nothing else");
	ok(static_choose(js, NULL) == STATIC_PLAIN && static_choose(js, "identity") == STATIC_PLAIN &&
		static_choose(js, "gzip, deflate") == STATIC_GZIP &&
		static_choose(js, "gzip, br") == STATIC_BROTLI &&
		static_choose(js, "br;q=0, gzip") == STATIC_GZIP &&
		static_choose(js, "br; q=0.5") == STATIC_BROTLI &&
		static_choose(js, "br;q=0.00,gzip;q=0") == STATIC_PLAIN &&
		static_choose(js, "brr") == STATIC_PLAIN,
	    "the best coding that is accepted");
	static_free(f);
	for (i = 0; i < nitems(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/passwd.txt", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/assets", dir);
	rmdir(path);
	rmdir(dir);
}

static void
test_event_id(void)
{
	struct event_id id;

	ok(event_id_parse("1f0c2d3e-12", &id) == 0 && id.mark == 0x1f0c2d3e && id.batch == 12,
	    "an id of an event");
	ok(event_id_parse("", &id) == -1 && event_id_parse("1f0c2d3e", &id) == -1 &&
		event_id_parse("1f0c2d3e-", &id) == -1 &&
		event_id_parse("1f0c2d3e--1", &id) == -1 &&
		event_id_parse("1f0c2d3e-99999999999999999999", &id) == -1 &&
		event_id_parse("zz0c2d3e-1", &id) == -1,
	    "and what is none");
}

/* The default file in the tree is what the table of settings says. */
static void
test_conf(void)
{
	const char *srcdir = getenv("srcdir");
	struct buf  out = { 0 };
	char	    path[512], *text = xcalloc(65536, 1);
	size_t	    len = 0;
	FILE	   *f;

	web_conf_use();
	conf_write_default(&out);
	snprintf(path, sizeof(path), "%s/etc/simpul-web.conf", srcdir != NULL ? srcdir : ".");
	if ((f = fopen(path, "r")) != NULL) {
		len = fread(text, 1, 65535, f);
		fclose(f);
	}
	ok(len == out.len && memcmp(text, out.data, len) == 0, "etc/simpul-web.conf is what confgen writes");
	free(text);
	buf_free(&out);
}

int
main(void)
{
	log_quiet(true);
	test_city();
	test_compare();
	test_scope();
	test_services();
	test_suffering();
	test_routes();
	test_causes();
	test_percentile();
	test_files();
	test_event_id();
	test_conf();
	return tap_done();
}
