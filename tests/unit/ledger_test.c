/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger_test.c: every promise of ledger.h, on real files in a directory of its own; the writer that is
 * killed is a child.
 */
#include <sqlite3.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "ledger/ledger.h"
#include "tests/unit/tap.h"

#define FILE_NAME "ledger.db"

static char dir[] = "/tmp/ledger_test.XXXXXX";

static void
remove_file(void)
{
	unlink(FILE_NAME);
	unlink(FILE_NAME "-wal");
}

/* Change the file behind the ledger's back, as another program would. */
static void
meddle(const char *sql)
{
	sqlite3 *db;

	if (sqlite3_open(FILE_NAME, &db) != SQLITE_OK || sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		printf("# cannot meddle: %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
count_series(void *arg, uint32_t number, const char *ref, const char *true_name)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%u=%s(%s) ", number, ref, true_name);
}

static void
test_series(void)
{
	struct ledger *l = ledger_open(FILE_NAME);
	char	       seen[512] = "";
	uint32_t       a, b;

	is_i64(ledger_boot(l), 1, "the first boot is number 1");
	a = ledger_series(l, "link/s013-1", "");
	b = ledger_series(l, "port/s002-r1.ether1", "ether1");
	ok(a != 0 && b != 0 && a != b, "two series have two numbers");
	is_i64(ledger_series(l, "link/s013-1", ""), a, "asking again gives the same number");
	ledger_close(l);

	l = ledger_open(FILE_NAME);
	is_i64(ledger_boot(l), 2, "the next boot is number 2");
	is_i64(ledger_series(l, "port/s002-r1.ether1", ""), b, "a number is permanent");
	is_i64(ledger_series(l, "port/s002-r1.ether1", "Ether1"), b,
	    "another spelling of a port keeps its number");
	ok(ledger_series_each(l, count_series, seen) == 0, "all series are walked");
	is_text(seen, "1=link/s013-1() 2=port/s002-r1.ether1(Ether1) ",
	    "in the order of their numbers, with the true name");
	ledger_close(l);
}

static void
copy_object(void *arg, const struct ledger_object *o)
{
	*(struct ledger_object *)arg = *o;
}

static void
test_objects(void)
{
	struct ledger	    *l = ledger_open(":memory:");
	struct ledger_object o = { .kind = "link", .id = "s013-1", .state = "up", .since_ns = 5, .rev = 1,
		.seen_up = true, .last_ns = 7, .detail = "{\"x\":1}" }, got = { 0 };

	ok(ledger_object_put(l, &o) == 0, "an object is put");
	text_copy(o.state, sizeof(o.state), "down");
	o.rev = 2;
	ok(ledger_object_put(l, &o) == 0, "and put again");
	ok(ledger_object_each(l, copy_object, &got) == 0, "objects are walked");
	is_text(got.state, "down", "the last state counts");
	ok(got.rev == 2 && got.seen_up && got.since_ns == 5 && got.last_ns == 7, "all its numbers come back");
	is_text(got.detail, "{\"x\":1}", "its detail comes back");
	ok(ledger_object_remove(l, "link", "s013-1") == 0, "it is removed");
	memset(&got, 0, sizeof(got));
	ledger_object_each(l, copy_object, &got);
	is_text(got.id, "", "then there is none");
	ledger_close(l);
}

static void
list_incident(void *arg, const struct ledger_incident *i)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%llu ", (unsigned long long)i->id);
}

static void
list_member(void *arg, const struct ledger_member *m)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%s=%s/%lld ", m->object, m->state, (long long)m->until_ns);
}

static void
test_incidents(void)
{
	struct ledger	      *l = ledger_open(":memory:");
	struct ledger_incident i = { .root = "link/s013-1", .kind = "link.down", .severity = "major",
		.cause = "unknown", .opened_ns = 10, .evidence = (char[]){ "[1]" } }, got;
	struct ledger_member   m = { .incident = 1, .object = "link/s013-1", .state = "down", .since_ns = 1 };
	char		       seen[256] = "";
	int		       n;

	ok(ledger_incident_put(l, &i) == 0 && i.id == 1 && i.version == 1,
	    "a new incident gets its number and version 1");
	i.status = INCIDENT_OPEN;
	i.ack_ns = 99;
	text_copy(i.ack_user, sizeof(i.ack_user), "operator1");
	text_copy(i.ack_note, sizeof(i.ack_note), "'; DROP TABLE incident; --");
	ok(ledger_incident_put(l, &i) == 0 && i.version == 2, "each put raises the version");
	ok(ledger_incident_get(l, 1, &got) == 0, "it is found");
	ok(got.version == 2 && got.status == INCIDENT_OPEN && got.opened_ns == 10 && got.ack_ns == 99,
	    "with its numbers");
	is_text(got.evidence, "[1]", "with its evidence");
	is_text(got.ack_note, "'; DROP TABLE incident; --", "a note is bound, never pasted");
	ledger_incident_free(&got);
	i.ack_ns = 0;
	ledger_incident_put(l, &i);
	ok(ledger_incident_get(l, 1, &got) == 0 && got.ack_ns == 0 && *got.ack_user == '\0',
	    "an ack can be taken back");
	ledger_incident_free(&got);
	ok(ledger_incident_get(l, 77, &got) == -1, "an unknown number is -1");

	ledger_member_put(l, &m);
	m = (struct ledger_member){ .incident = 1, .object = "link/s014-1", .state = "unreachable",
	    .since_ns = 2 };
	ledger_member_put(l, &m);
	m.until_ns = 5;
	ledger_member_put(l, &m);
	ok(ledger_member_each(l, 1, list_member, seen) == 0, "members are walked");
	is_text(seen, "link/s013-1=down/0 link/s014-1=unreachable/5 ", "oldest first, each once");

	for (n = 0; n < 4; n++) {
		i.id = 0;
		i.status = n % 2 ? INCIDENT_CLOSED : INCIDENT_PENDING;
		ledger_incident_put(l, &i);
	}
	*seen = '\0';
	ledger_incident_each(l, false, 0, 0, list_incident, seen);
	is_text(seen, "5 4 3 2 1 ", "incidents come newest first");
	*seen = '\0';
	ledger_incident_each(l, true, 0, 0, list_incident, seen);
	is_text(seen, "4 2 1 ", "pending and open ones only");
	*seen = '\0';
	ledger_incident_each(l, false, 4, 2, list_incident, seen);
	is_text(seen, "3 2 ", "a page of two below number 4");
	ledger_close(l);
}

static void
list_event(void *arg, const struct ledger_event *e)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%llu:%s ", (unsigned long long)e->seq, e->payload != NULL ? e->payload :
	    "-");
}

static uint64_t
add_event(struct ledger *l, int64_t time_ns, const char *payload)
{
	struct ledger_event e = { .id = "0192f0c1-0000-7000-8000-000000000000", .kind = "link.down",
		.severity = "major", .subject = "link/s013-1", .time_ns = time_ns, .payload = payload };

	return ledger_event_add(l, &e) == 0 ? e.seq : 0;
}

static uint64_t
add_message(struct ledger *l, uint64_t seq, bool retain, const char *topic, const char *payload)
{
	struct ledger_outbox m = { .seq = seq, .qos = 1, .retain = retain, .expiry_s = 9, .payload = payload,
		.payload_len = strlen(payload) };

	text_copy(m.topic, sizeof(m.topic), topic);
	return ledger_outbox_add(l, &m) == 0 ? m.id : 0;
}

static void
test_events(void)
{
	struct ledger *l = ledger_open(":memory:");
	char	       seen[256] = "";
	uint64_t       message;

	is_i64((int64_t)ledger_event_last(l), 0, "no event yet");
	is_i64((int64_t)add_event(l, 100, NULL), 1, "the first event is 1");
	ledger_event_payload(l, 1, "a");
	ledger_begin(l);
	is_i64((int64_t)add_event(l, 200, "x"), 2, "the next one is 2");
	ledger_rollback(l);
	is_i64((int64_t)ledger_event_last(l), 1, "what is rolled back never was");
	ledger_begin(l);
	is_i64((int64_t)add_event(l, 200, "b"), 2, "and leaves no gap");
	message = add_message(l, 2, false, "event/major/link.down", "b");
	ledger_commit(l);
	add_event(l, 300, "c");
	is_i64((int64_t)ledger_event_told(l), 1, "one that waits has not been told, nor those after it");
	ledger_event_each(l, 0, 0, list_event, seen);
	is_text(seen, "1:a 2:b 3:c ", "events come in order, with their documents");
	*seen = '\0';
	ledger_event_each(l, 1, 1, list_event, seen);
	is_text(seen, "2:b ", "one event after the first");

	ledger_event_trim(l, 1000);
	*seen = '\0';
	ledger_event_each(l, 0, 0, list_event, seen);
	is_text(seen, "2:b 3:c ", "trimming keeps what may still be in the outbox");
	ledger_outbox_done(l, message);
	is_i64((int64_t)ledger_event_told(l), 3, "when none waits all have");
	ledger_event_trim(l, 300);
	*seen = '\0';
	ledger_event_each(l, 0, 0, list_event, seen);
	is_text(seen, "3:c ", "and what is young enough");
	ledger_event_trim(l, 1000);
	is_i64((int64_t)ledger_event_last(l), 3, "the count goes on when all are trimmed");
	is_i64((int64_t)add_event(l, 50, "d"), 4, "with the next number");
	add_event(l, 2000, "e");
	add_event(l, 60, "f");
	ledger_event_trim(l, 1000);
	*seen = '\0';
	ledger_event_each(l, 0, 0, list_event, seen);
	is_text(seen, "5:e 6:f ", "a clock that went back makes no hole in the stream");

	add_event(l, 3000, "g");
	add_message(l, 5, false, "event/major/link.down", "e");
	add_message(l, 7, false, "event/major/link.down", "g");
	add_message(l, 0, true, "incident/inc-1", "");
	ledger_outbox_trim(l, 3000);
	is_i64((int64_t)ledger_outbox_count(l), 2, "the outbox gives up old events, and only these");
	ledger_event_trim(l, 3000);
	*seen = '\0';
	ledger_event_each(l, 0, 0, list_event, seen);
	is_text(seen, "7:g ", "which can then be trimmed");
	ledger_close(l);
}

static void
list_message(void *arg, const struct ledger_outbox *m)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%llu@%llu:%s=%.*s ", (unsigned long long)m->id,
	    (unsigned long long)m->seq, m->topic, (int)m->payload_len, (const char *)m->payload);
}

static void
test_outbox(void)
{
	struct ledger *l = ledger_open(":memory:");
	char	       seen[256] = "";

	add_message(l, 0, true, "state/a", "1");
	add_message(l, 9, false, "event/x", "2");
	add_message(l, 0, true, "state/b", "3");
	add_message(l, 0, true, "state/a", "4");
	add_message(l, 0, false, "event/x", "5");
	add_message(l, 0, true, "state/c", "");
	ledger_outbox_each(l, 0, 0, list_message, seen);
	is_text(seen, "2@9:event/x=2 3@0:state/b=3 4@0:state/a=4 5@0:event/x=5 6@0:state/c= ",
	    "a retained message takes the place of the older one on its topic; events all stay, in order");
	*seen = '\0';
	ledger_outbox_each(l, 3, 1, list_message, seen);
	is_text(seen, "4@0:state/a=4 ", "one message after the third");
	is_i64((int64_t)ledger_outbox_count(l), 5, "they are counted");
	ok(ledger_outbox_done(l, 6) == 0 && ledger_outbox_done(l, 1) == 0,
	    "done, also for one that was replaced meanwhile");
	is_i64((int64_t)add_message(l, 0, false, "event/y", "7"), 7,
	    "ids only rise, so that they are the order of sending");
	ledger_close(l);
}

static void
test_audit(void)
{
	static const struct { const char *name, *sql; int64_t first_bad; } cases[] = {
		{ "an entry that was changed", "UPDATE audit SET who = 'eve' WHERE id = 2", 2 },
		{ "an entry whose time was changed", "UPDATE audit SET wall_ns = 0 WHERE id = 3", 3 },
		{ "text moved from one field to the next",
		    "UPDATE audit SET who = 'op', what = 'eratorack' WHERE id = 2", 2 },
		{ "an entry taken out of the middle", "DELETE FROM audit WHERE id = 2", 2 },
		{ "a tail cut off", "DELETE FROM audit WHERE id = 4", 4 },
		{ "a hash of the wrong length", "UPDATE audit SET hash = x'00' WHERE id = 1", 1 },
		{ "two entries swapped",
		    "UPDATE audit SET id = 9 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3;"
		    "UPDATE audit SET id = 3 WHERE id = 9", 2 },
		{ "a table emptied", "DELETE FROM audit", 1 },
	};
	struct ledger *l;
	uint64_t       bad;
	size_t	       i, n;

	for (i = 0; i < nitems(cases); i++) {
		remove_file();
		l = ledger_open(FILE_NAME);
		for (n = 0; n < 4; n++)
			ledger_audit(l, (int64_t)n, "operator", "ack", "inc-1", "{}");
		if (i == 0)
			is_i64(ledger_audit_verify(l, &bad), 4, "an untouched chain verifies");
		ledger_close(l);
		meddle(cases[i].sql);
		l = ledger_open(FILE_NAME);
		ok(ledger_audit_verify(l, &bad) == -1 && (int64_t)bad == cases[i].first_bad,
		    "%s is found at %lld", cases[i].name, (long long)cases[i].first_bad);
		ledger_close(l);
	}
	l = ledger_open(":memory:");
	is_i64(ledger_audit_verify(l, &bad), 0, "an empty chain verifies");
	ledger_close(l);
}

/* Commits ten events one by one, tells so, and waits for its end in the middle of the eleventh. */
static void
writer(int told)
{
	struct ledger *l = ledger_open(FILE_NAME);
	int	       n;

	for (n = 0; n < 10; n++) {
		ledger_begin(l);
		add_event(l, n, "committed");
		add_message(l, 0, false, "event", "committed");
		if (ledger_commit(l) == 0 && write(told, "c", 1) != 1)
			_exit(1);
	}
	ledger_begin(l);
	add_event(l, n, "uncommitted");
	add_message(l, 0, false, "event", "uncommitted");
	if (write(told, "u", 1) == 1)
		pause();
	_exit(1);
}

static void
test_kill(void)
{
	struct ledger *l;
	char	       c = 0;
	int	       fd[2], committed = 0;
	pid_t	       pid;

	remove_file();
	if (pipe(fd) == -1 || (pid = fork()) == -1)
		return;
	if (pid == 0)
		writer(fd[1]);
	close(fd[1]);
	while (read(fd[0], &c, 1) == 1 && c == 'c')
		committed++;
	close(fd[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_i64(committed, 10, "the writer committed ten and was killed in the middle of the next");
	l = ledger_open(FILE_NAME);
	ok(l != NULL && ledger_boot(l) == 2, "its file opens as if nothing had happened");
	is_i64((int64_t)ledger_event_last(l), 10,
	    "every committed event is there, the uncommitted one is not");
	is_i64((int64_t)ledger_outbox_count(l), 10, "and so is the outbox");
	is_i64((int64_t)add_event(l, 11, "next"), 11, "the stream goes on without a gap");
	ledger_close(l);
}

static void
overwrite(off_t at, const char *bytes, size_t len)
{
	FILE *f = fopen(FILE_NAME, "r+");

	if (f == NULL)
		return;
	fseeko(f, at, SEEK_SET);
	fwrite(bytes, 1, len, f);
	fclose(f);
}

static void
see_port(void *arg, const struct ledger_port *p)
{
	char *seen = arg, mac[PORT_MAC_TEXT];

	sprintf(seen + strlen(seen), "%u=%s/%s(%s|%s|%s|%u|%u) %s %lld %lld %lld; ", p->number, p->device,
	    p->id.name, p->id.alias, port_mac_text(&p->id, mac), p->id.neighbour, p->id.if_type, p->id.if_index,
	    port_state_names[p->state], (long long)p->first_ns, (long long)p->last_ns, (long long)p->since_ns);
}

static void
see_bound(void *arg, const char *link, const char *device, const char *name, uint32_t series)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%s=%s/%s:%u; ", link, device, name, series);
}

static void
see_question(void *arg, const struct ledger_question *q)
{
	char *seen = arg;

	sprintf(seen + strlen(seen), "%llu of %u: %s %lld %lld %s %s; ", (unsigned long long)q->id, q->series,
	    q->why, (long long)q->asked_ns, (long long)q->answered_ns, q->answer, q->who);
}

static void
test_ports(void)
{
	struct ledger	      *l;
	struct ledger_port     p = { .number = 7, .device = "s002-r1", .state = PORT_ASKED, .first_ns = 1,
		    .last_ns = 2, .since_ns = 3 };
	struct ledger_question q = { .series = 7, .why = "it carries another alias", .asked_ns = 4 };
	char		       seen[1024] = "";

	remove_file();
	l = ledger_open(FILE_NAME);
	port_identity_init(&p.id, "ether1");
	is_i64(ledger_port_put(l, &p), 0, "a port that has a name and nothing else");
	p.id.mac_len = 6;
	memcpy(p.id.mac, "\x02\0\x5e\x10\0\x01", 6);
	p.id.if_type = 6;
	p.id.if_index = 12;
	free(p.id.alias);
	p.id.alias = xstrdup("s002-1 indihome");
	ledger_port_put(l, &p);
	port_identity_fini(&p.id);
	ledger_port_bind(l, "s002-1", "s002-r1", "ether1", 6);
	ledger_port_bind(l, "s002-1", "s002-r1", "ether1", 7);
	ledger_port_bind(l, "s002-2", "s002-r1", "ether2", 8);
	ledger_port_bind(l, "s002-2", "s002-r1", "ether2", 0);
	is_i64(ledger_question_put(l, &q), 0, "a question");
	ledger_close(l);
	l = ledger_open(FILE_NAME);
	ledger_port_each(l, see_port, seen);
	is_text(seen, "7=s002-r1/ether1(s002-1 indihome|02:00:5e:10:00:01||6|12) asked 1 2 3; ",
	    "a port is kept, the last word counts");
	seen[0] = '\0';
	ledger_port_bound_each(l, see_bound, seen);
	is_text(seen, "s002-1=s002-r1/ether1:7; ", "so is which link it carries, until that is forgotten");
	seen[0] = '\0';
	q.answered_ns = 5;
	text_copy(q.answer, sizeof(q.answer), "same ether2");
	text_copy(q.who, sizeof(q.who), "root");
	ledger_question_put(l, &q);
	q.id = 0;
	ledger_question_put(l, &q);
	ledger_question_each(l, true, see_question, seen);
	is_text(seen, "", "no question is open after its answer");
	ledger_question_each(l, false, see_question, seen);
	is_text(seen, "1 of 7: it carries another alias 4 5 same ether2 root; "
	    "2 of 7: it carries another alias 4 5 same ether2 root; ", "questions and answers stay");
	seen[0] = '\0';
	ledger_question_remove(l, q.id);
	q.id = 0;
	q.answered_ns = 0;
	ledger_question_put(l, &q);
	ledger_question_each(l, true, see_question, seen);
	is_i64((int64_t)q.id, 3, "one that is removed leaves its number to nobody");
	ok(strncmp(seen, "3 of 7", 6) == 0, "nor is it found any more");
	ledger_close(l);
}

/* The tables that formats 2 and 1 did not have. */
#define FORMAT_2 "DROP TABLE recording; DROP TABLE way; PRAGMA user_version = 2;"
#define FORMAT_1 FORMAT_2 "DROP TABLE port; DROP TABLE port_link; DROP TABLE port_question; PRAGMA user_version = 1;"

static void
test_migration(void)
{
	struct ledger *l;
	char	       seen[1024] = "";
	uint32_t       boot;

	remove_file();
	l = ledger_open(FILE_NAME);
	ledger_series(l, "link/s013-1", "");
	ledger_series(l, "port/s002-r1.ether1", "ether1");
	ledger_series(l, "port/s002-r1.__ppp", "<ppp");
	boot = ledger_boot(l);
	ledger_close(l);
	meddle(FORMAT_1);
	l = ledger_open(FILE_NAME);
	ok(l != NULL && ledger_boot(l) == boot + 1, "a file of format 1 is upgraded");
	ledger_port_each(l, see_port, seen);
	is_text(seen, "2=s002-r1/ether1(|||0|0) here 0 0 0; 3=s002-r1/<ppp(|||0|0) here 0 0 0; ",
	    "its ports are those whose series it had");
	is_i64(ledger_series(l, "port/s002-r1.ether1", "ether1"), 2, "under their numbers");
	ledger_close(l);

	meddle(FORMAT_2 "DROP TABLE port_link; DROP TABLE port_question; PRAGMA user_version = 1;");
	ok(ledger_open(FILE_NAME) == NULL, "an upgrade that fails on the way is refused");
	meddle("DROP TABLE port");
	l = ledger_open(FILE_NAME);
	ok(l != NULL, "and has changed nothing: it can be made later");
	ledger_close(l);

	meddle(FORMAT_2);
	l = ledger_open(FILE_NAME);
	ok(l != NULL && ledger_way_put(l, "s013-1", "x", 1) == 0, "a file of format 2 is upgraded, too");
	ledger_close(l);
}

static void
see_recording(void *arg, const struct ledger_recording *r)
{
	char *text = arg;

	snprintf(text + strlen(text), 1024 - strlen(text), "%" PRIu64 "=%s/%" PRIu64 " ", r->id, r->link, r->incident);
}

static void
see_whole(void *arg, const struct ledger_recording *r)
{
	char *text = arg;

	snprintf(text, 1024, "%s %u-%u %" PRId64 "-%" PRId64 " %u/%u gap %u %" PRId64 "-%" PRId64 " %.*s %s", r->link, r->reason,
	    r->how, r->started_ns, r->ended_ns, r->lost, r->sent, r->gap_lost, r->gap_from_ns, r->gap_to_ns,
	    (int)r->packets_len, (const char *)r->packets, r->detail);
}

static void
see_way(void *arg, const char *link, const void *hops, size_t len)
{
	char *text = arg;

	snprintf(text + strlen(text), 1024 - strlen(text), "%s=%.*s ", link, (int)len, (const char *)hops);
}

static void
count_recording(void *arg, const struct ledger_recording *r)
{
	unsigned *n = arg;

	n[r->incident != 0]++;
}

/* @return recordings of a line without an incident, and with one */
static void
count_recordings(struct ledger *l, const char *link, unsigned n[2])
{
	n[0] = n[1] = 0;
	ledger_recording_each(l, link, 0, 0, 0, count_recording, n);
}

static void
test_recordings(void)
{
	struct ledger		*l;
	struct ledger_recording	 r = { .link = "s013-1", .reason = 1, .started_ns = 1000, .sent = 9, .lost = 2, .gap_lost = 2,
		.gap_from_ns = 500, .gap_to_ns = 700, .packets = "abcd", .packets_len = 4, .detail = "{\"mtu\":null}" };
	char			 seen[1024] = "";
	unsigned		 n[2], i;

	remove_file();
	l = ledger_open(FILE_NAME);
	ok(ledger_recording_put(l, &r) == 0 && r.id == 1, "a recording gets its number");
	r.ended_ns = 2000;
	r.how = 2;
	r.incident = 7;
	ok(ledger_recording_put(l, &r) == 0 && r.id == 1, "and is written again under it");
	ledger_recording_get(l, 1, see_whole, seen);
	is_text(seen, "s013-1 1-2 1000-2000 2/9 gap 2 500-700 abcd {\"mtu\":null}", "the whole of it");
	ok(ledger_recording_get(l, 2, see_whole, seen) == -1, "one that there is not");
	r.id = 0;
	r.incident = 0;
	text_copy(r.link, sizeof(r.link), "s014-1");
	r.ended_ns = 0;
	ledger_recording_put(l, &r);
	seen[0] = '\0';
	ledger_recording_each(l, "", 0, 0, 0, see_recording, seen);
	is_text(seen, "2=s014-1/0 1=s013-1/7 ", "all, the newest first");
	seen[0] = '\0';
	ledger_recording_each(l, "s013-1", 0, 0, 0, see_recording, seen);
	ledger_recording_each(l, "", 7, 0, 0, see_recording, seen);
	ledger_recording_each(l, "", 0, 2, 0, see_recording, seen);
	is_text(seen, "1=s013-1/7 1=s013-1/7 1=s013-1/7 ", "of a line, of an incident, before one");
	ledger_recording_cut(l, 9000, 3);
	ledger_recording_get(l, 2, see_whole, seen);
	ok(strncmp(seen, "s014-1 1-3 1000-9000 ", 21) == 0, "one that was under way is cut");
	for (i = 0; i < 100; i++) {
		r.id = 0;
		r.incident = i % 2;
		ledger_recording_put(l, &r);
	}
	ledger_recording_trim(l, "s014-1", 0);
	count_recordings(l, "s014-1", n);
	ok(n[0] == LEDGER_RECORDINGS_OTHER && n[1] == LEDGER_RECORDINGS_INCIDENT, "a line keeps so many of either kind (%u, %u)",
	    n[0], n[1]);
	count_recordings(l, "s013-1", n);
	ok(n[1] == 1, "another line's are its own");
	ledger_begin(l);
	for (i = 0; i < 2100; i++) {
		r.id = 0;
		r.incident = i < 20;
		snprintf(r.link, sizeof(r.link), "t%u-1", i);
		ledger_recording_put(l, &r);
	}
	ledger_recording_trim(l, "t1-1", 0);
	ledger_commit(l);
	count_recordings(l, "", n);
	ok(n[0] + n[1] == LEDGER_RECORDINGS_MAX && n[1] == 20 + 1 + LEDGER_RECORDINGS_INCIDENT,
	    "all lines so many; those with an incident stay (%u, %u)", n[0], n[1]);
	ledger_recording_trim(l, "t1-1", 1001);
	count_recordings(l, "", n);
	ok(n[0] + n[1] == 0, "and none for ever");

	ledger_way_put(l, "s013-1", "abc", 3);
	ledger_way_put(l, "s013-1", "de", 2);
	ledger_way_put(l, "s014-1", "f", 1);
	ledger_way_remove(l, "s014-1");
	seen[0] = '\0';
	ledger_way_each(l, see_way, seen);
	is_text(seen, "s013-1=de ", "the way to a line, as it was seen last");
	ledger_close(l);
}

static void
test_refused(void)
{
	struct ledger *l;
	struct stat    st;
	char	       junk[4096];
	int	       fd[2];
	pid_t	       pid;

	remove_file();
	ledger_close(ledger_open(FILE_NAME));
	ok(stat(FILE_NAME, &st) == 0 && (st.st_mode & 0777) == 0600, "the file is private");
	ok(access(FILE_NAME "-shm", F_OK) == -1, "there is no shared memory file");
	meddle("PRAGMA user_version = 4");
	ok(ledger_open(FILE_NAME) == NULL, "a file of a newer format is refused");
	ok(access(FILE_NAME, F_OK) == 0, "and left alone");

	remove_file();
	meddle("CREATE TABLE bookmarks (url)");
	ok(ledger_open(FILE_NAME) == NULL, "another program's database is refused");

	memset(junk, 'x', sizeof(junk));
	remove_file();
	ledger_close(ledger_open(FILE_NAME));
	overwrite(0, junk, sizeof(junk));
	ok(ledger_open(FILE_NAME) == NULL, "a file that is no database is refused");
	remove_file();
	ledger_close(ledger_open(FILE_NAME));
	overwrite(8192, junk, sizeof(junk));
	ok(ledger_open(FILE_NAME) == NULL, "a database with a damaged page is refused");
	ok(stat(FILE_NAME, &st) == 0 && st.st_size > 8192, "and not deleted");

	remove_file();
	if (symlink("elsewhere", FILE_NAME) == 0)
		ok(ledger_open(FILE_NAME) == NULL, "a symbolic link is not followed");
	remove_file();
	ok(ledger_open("no/such/dir.db") == NULL, "a path that cannot be opened is refused");

	if (pipe(fd) == -1 || (pid = fork()) == -1)
		return;
	if (pid == 0) {			/* a process, since locks do not hold within one */
		l = ledger_open(FILE_NAME);
		_exit(l != NULL && write(fd[1], "o", 1) == 1 ? pause() : 1);
	}
	close(fd[1]);
	if (read(fd[0], junk, 1) == 1)
		ok(ledger_open(FILE_NAME) == NULL, "a second owner is refused");
	close(fd[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	l = ledger_open(FILE_NAME);
	ok(l != NULL, "and welcome when the first is gone");
	ledger_close(l);
}

static void
test_transactions(void)
{
	struct ledger *l = ledger_open(":memory:");

	ok(ledger_begin(l) == 0 && ledger_begin(l) == -1, "a transaction inside a transaction is refused");
	add_event(l, 1, "a");
	ok(ledger_commit(l) == 0, "and the outer one still commits");
	ok(ledger_commit(l) == -1, "a commit of nothing is refused");
	ledger_rollback(l);
	is_i64((int64_t)ledger_event_last(l), 1, "a rollback of nothing does nothing");
	ledger_close(l);
}

/* The disk takes no more: here a limit on the size of a file. */
static void
test_full_disk(void)
{
	struct rlimit  all, some;
	struct ledger *l;
	char	       big[200000];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	remove_file();
	l = ledger_open(FILE_NAME);
	add_event(l, 1, "before");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	some = all;
	some.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &some);
	ledger_begin(l);
	while (add_event(l, 2, big) != 0)
		;
	is_i64((int64_t)add_message(l, 0, false, "event", "small"), 0,
	    "after the disk was full nothing more is taken");
	ok(ledger_commit(l) == -1, "and the transaction fails");
	setrlimit(RLIMIT_FSIZE, &all);
	is_i64((int64_t)ledger_outbox_count(l), 0, "as a whole");
	ledger_begin(l);
	is_i64((int64_t)add_event(l, 3, "after"), 2, "with room again the stream goes on, and without a gap");
	ok(ledger_commit(l) == 0, "and commits");
	ledger_close(l);
	l = ledger_open(FILE_NAME);
	is_i64((int64_t)ledger_event_last(l), 2, "the file is sound");
	ledger_close(l);
}

static void
test_config(void)
{
	const struct buf one = { .data = (uint8_t *)"one", .len = 3 }, two = { .data = (uint8_t *)"more", .len = 4 };
	struct ledger	*l;
	struct buf	 got = { 0 };
	int64_t		 at_ns = 0;

	remove_file();
	l = ledger_open(FILE_NAME);
	ok(ledger_config_get(l, &at_ns, &got) == -1, "a new file has no configuration");
	ledger_config_put(l, 1, &one);
	ledger_config_put(l, 2, &one);
	ok(ledger_config_get(l, &at_ns, &got) == 0 && got.len == 3 && memcmp(got.data, "one", 3) == 0,
	    "one is kept");
	is_i64(at_ns, 1, "the same again was accepted when it came first");
	ledger_config_put(l, 3, &two);
	ledger_close(l);
	l = ledger_open(FILE_NAME);
	got.len = 0;
	ok(ledger_config_get(l, &at_ns, &got) == 0 && got.len == 4 && memcmp(got.data, "more", 4) == 0,
	    "another takes its place");
	is_i64(at_ns, 3, "with its own time");
	buf_free(&got);
	ledger_close(l);
}

int
main(void)
{
	log_open("ledger_test", NULL);
	log_quiet(true);
	if (mkdtemp(dir) == NULL || chdir(dir) == -1)
		return 1;
	test_series();
	test_objects();
	test_incidents();
	test_events();
	test_outbox();
	test_audit();
	test_config();
	test_kill();
	test_ports();
	test_migration();
	test_recordings();
	test_refused();
	test_transactions();
	test_full_disk();
	remove_file();
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
