/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.c: see scan.h. A host waits in one queue for its next packet: echo, then a GET per credential and try,
 * then the tables of its addresses, then the names of the ports that have them. It leaves the queue when
 * the packet has left, and joins its end again when that was answered or given up.
 *
 * SNMPv2-MIB (RFC 3418), SNMP-FRAMEWORK-MIB (RFC 3411), IF-MIB (RFC 2863), ipAddrTable of RFC 1213.
 */
#include "collectors/snmp/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "collectors/snmp/credential.h"
#include "probes/echo.h"

#define TABLE_ROWS 16		/* of each table of addresses: one answer, and it fits a frame */

enum host_stage { STAGE_ECHO, STAGE_IDENTITY, STAGE_TABLES, STAGE_PORTS, STAGE_DONE };

struct scan_job;

struct scan_host {
	struct scan_job	     *job;
	struct snmp_peer      peer;
	struct snmp_exchange  x;
	struct snmp_request   request;
	struct msg_discovered found;
	enum host_stage	      stage;
	unsigned	      attempt;		/* GETs made */
	uint32_t	      own_index[DISCOVERED_ADDRESSES_MAX];	/* ifIndex of found.own[] */
	struct scan_host     *next;		/* in the queue */
	/* its echo */
	uint64_t	      nonce;
	int64_t		      echo_sent_ns;
	bool		      echo_open;
	struct loop_timer     echo_timer;
};

struct scan_job {
	struct snmp_scan      *scan;
	uint32_t	       token;
	struct msg_discover    m;
	struct snmp_credential credential[DISCOVER_CREDENTIALS_MAX];
	struct scan_host       host[DISCOVER_ADDRESSES_MAX];
	unsigned	       done;
	struct loop_timer      deadline;
	struct scan_job	      *next;
};

struct snmp_scan {
	struct scan_env	   env;
	struct scan_job	  *jobs;
	unsigned	   njobs;
	struct scan_host  *first, **last;	/* the queue */
	struct loop_timer  turn;
	int64_t		   next_ns;		/* no packet leaves before */
	struct nmap	  *echoes;		/* low half of the nonce to struct scan_host */
	uint16_t	   echo_seq;
	uint64_t	   packets;
};

static const struct snmp_column identity[] = {
	{ "sysDescr", .scalar = true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 1) },
	{ "sysObjectID", .scalar = true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 2) },
	{ "sysName", .scalar = true, SNMP_ARCS(1, 3, 6, 1, 2, 1, 1, 5) },
	{ "snmpEngineID", .scalar = true, SNMP_ARCS(1, 3, 6, 1, 6, 3, 10, 2, 1, 1) },
};
enum identity_value { SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, ENGINE_ID, IDENTITY };

static const struct snmp_column tables[] = {
	{ "ifPhysAddress", SNMP_ARCS(1, 3, 6, 1, 2, 1, 2, 2, 1, 6) },
	{ "ipAdEntIfIndex", SNMP_ARCS(1, 3, 6, 1, 2, 1, 4, 20, 1, 2) },
};
enum table_column { IF_PHYS_ADDRESS, IP_AD_ENT_IF_INDEX, TABLES };

static const struct snmp_column if_name = { "ifName", SNMP_ARCS(1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1) };

struct snmp_scan *
scan_new(const struct scan_env *env)
{
	struct snmp_scan *s = xcalloc(1, sizeof(*s));

	s->env = *env;
	s->last = &s->first;
	s->echoes = nmap_new();
	return s;
}

uint64_t
scan_packets(const struct snmp_scan *s)
{
	return s->packets;
}

/* ---- the queue ---- */

static void scan_turn(void *arg);

static void
turn_set(struct snmp_scan *s)
{
	int64_t now = loop_mono_ns(s->env.loop);

	if (s->first != NULL && !loop_timer_is_set(&s->turn))
		loop_timer_set(s->env.loop, &s->turn, s->next_ns > now ? s->next_ns : now, scan_turn, s);
}

static void
enqueue(struct scan_host *h)
{
	struct snmp_scan *s = h->job->scan;

	h->next = NULL;
	*s->last = h;
	s->last = &h->next;
	turn_set(s);
}

static void
dequeue_all(struct snmp_scan *s, const struct scan_job *j)
{
	struct scan_host **at = &s->first;

	while (*at != NULL)
		if ((*at)->job == j)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	s->last = at;
	if (s->first == NULL)
		loop_timer_cancel(s->env.loop, &s->turn);
}

/* ---- ends ---- */

static void
echo_stop(struct scan_host *h)
{
	struct snmp_scan *s = h->job->scan;

	if (!h->echo_open)
		return;
	h->echo_open = false;
	loop_timer_cancel(s->env.loop, &h->echo_timer);
	nmap_remove(s->echoes, (uint32_t)h->nonce);
}

static void
job_free(struct scan_job *j)
{
	struct snmp_scan *s = j->scan;
	struct scan_job **at;
	unsigned	  i;

	for (at = &s->jobs; *at != j; at = &(*at)->next)
		;
	*at = j->next;
	s->njobs--;
	dequeue_all(s, j);
	loop_timer_cancel(s->env.loop, &j->deadline);
	for (i = 0; i < j->m.n; i++) {
		exchange_stop(&j->host[i].x);
		snmp_request_fini(&j->host[i].request);
		echo_stop(&j->host[i]);
	}
	explicit_bzero(j, sizeof(*j));	/* it holds communities */
	free(j);
}

static void
job_end(struct scan_job *j, const char *error)
{
	struct msg_discover_end e = { .asked = (uint8_t)j->done };
	struct snmp_scan       *s = j->scan;
	uint32_t		token = j->token;

	text_copy(e.error, sizeof(e.error), error);
	job_free(j);
	s->env.end(s->env.arg, token, &e);
}

static void
job_late(void *arg)
{
	job_end(arg,
	    "not all addresses could be asked in the time given: ask for fewer, or at a higher rate");
}

/* Its last question is answered or given up. May end the job, and with it the host. */
static void
host_check(struct scan_host *h)
{
	struct scan_job	 *j = h->job;
	struct snmp_scan *s = j->scan;

	if (h->stage != STAGE_DONE || h->echo_open)
		return;
	if (h->found.echo || h->found.snmp)
		s->env.found(s->env.arg, j->token, &h->found);
	if (++j->done == j->m.n)
		job_end(j, "");
}

/* ---- echo ---- */

static void
echo_late(void *arg)
{
	struct scan_host *h = arg;

	echo_stop(h);
	host_check(h);
}

/* @return whether a packet has left: without a raw socket none does */
static bool
echo_send(struct scan_host *h)
{
	struct snmp_scan *s = h->job->scan;
	uint8_t		  msg[ECHO_LEN];
	struct packet_out out = { .to = h->peer.address, .data = msg, .len = sizeof(msg) };

	h->nonce = loop_random(s->env.loop);
	if (nmap_add(s->echoes, (uint32_t)h->nonce, h) == -1)
		return false;
	echo_prepare(msg);
	echo_stamp(msg, h->peer.address.family, echo_base_sum(), (uint16_t)(h->nonce >> 48), s->echo_seq++,
	    h->nonce);
	h->echo_open = true;
	if (s->env.io->ops->send(s->env.io, PACKET_ICMP, &out, 1) != 1) {
		echo_stop(h);
		return false;
	}
	h->echo_sent_ns = out.sent_ns;
	loop_timer_set(s->env.loop, &h->echo_timer, loop_mono_ns(s->env.loop) + h->peer.timeout_ns,
	    echo_late, h);
	return true;
}

bool
scan_echo(struct snmp_scan *s, const struct packet_in *in)
{
	struct echo_answer a;
	struct scan_host  *h;

	if (nmap_count(s->echoes) == 0 ||
	    echo_parse(in->data, in->len, in->from.family, &a) != ECHO_REPLY ||
	    (h = nmap_get(s->echoes, (uint32_t)a.nonce)) == NULL || h->nonce != a.nonce ||
	    !addr_equal(&h->peer.address, &in->from))
		return false;
	h->found.echo = 1;
	if (isnan(h->found.rtt_s) && in->received_ns > h->echo_sent_ns)
		h->found.rtt_s = (float)((double)(in->received_ns - h->echo_sent_ns) / NS_PER_S);
	echo_stop(h);
	host_check(h);
	return true;
}

/* ---- what an agent says ---- */

/* Does the name lie below the column? @return how many arcs are behind it, which are moved to the front of arc */
static size_t
arcs_below(const struct snmp_column *c, const struct snmp_varbind *v, uint32_t arc[SNMP_ARCS_MAX])
{
	size_t n = snmp_oid_arcs(v->oid, v->oid_len, arc);

	if (n <= c->n || memcmp(arc, c->arc, c->n * sizeof(*arc)) != 0)
		return 0;
	memmove(arc, arc + c->n, (n - c->n) * sizeof(*arc));
	return n - c->n;
}

static void
take_text(char *out, size_t size, const struct snmp_value *v)
{
	if (v->type == SNMP_OCTETS)
		text_visible(out, size, (const char *)v->bytes, v->len);
}

static void
take_identity(struct msg_discovered *d, const struct snmp_message *m)
{
	const struct snmp_value *v;
	unsigned		 i, k;

	for (i = 0; i < m->n && i < IDENTITY; i++) {
		v = &m->varbind[i].value;
		if (i == SYS_DESCR) {
			take_text(d->descr, sizeof(d->descr), v);
		} else if (i == SYS_NAME) {
			take_text(d->name, sizeof(d->name), v);
		} else if (i == SYS_OBJECT_ID && v->type == SNMP_OID) {
			snmp_oid_text(d->object_id, sizeof(d->object_id), v->bytes, v->len);
		} else if (i == ENGINE_ID && v->type == SNMP_OCTETS &&
		    v->len <= (sizeof(d->engine_id) - 1) / 2) {
			for (k = 0; k < v->len; k++)
				snprintf(d->engine_id + 2 * (size_t)k, 3, "%02x", v->bytes[k]);
		}
	}
}

/* A card's own: neither empty nor of a group. */
static void
take_mac(struct msg_discovered *d, const struct snmp_value *v)
{
	static const uint8_t none[6];
	unsigned	     i;

	if (v->type != SNMP_OCTETS || v->len != sizeof(none) || memcmp(v->bytes, none, sizeof(none)) == 0 ||
	    (v->bytes[0] & 1) != 0 || d->nmacs == DISCOVERED_MACS_MAX)
		return;
	for (i = 0; i < d->nmacs; i++)
		if (memcmp(d->mac[i], v->bytes, sizeof(none)) == 0)
			return;
	memcpy(d->mac[d->nmacs++], v->bytes, sizeof(none));
}

static void
take_address(struct scan_host *h, const uint32_t *arc, size_t n, const struct snmp_value *v)
{
	struct msg_discovered *d = &h->found;
	struct addr	       a = { .family = 4 };
	size_t		       i;

	if (n != 4 || arc[0] == 127 || arc[0] == 0 || d->naddresses == DISCOVERED_ADDRESSES_MAX ||
	    v->type != SNMP_INTEGER)
		return;
	for (i = 0; i < n; i++) {
		if (arc[i] > UINT8_MAX)
			return;
		a.byte[i] = (uint8_t)arc[i];
	}
	h->own_index[d->naddresses] = (uint32_t)v->integer;
	d->own[d->naddresses++].address = a;
}

static void
take_tables(struct scan_host *h, const struct snmp_message *m)
{
	const struct snmp_varbind *v;
	uint32_t		   arc[SNMP_ARCS_MAX];
	size_t			   n;

	for (v = m->varbind; v < m->varbind + m->n; v++) {
		if (arcs_below(&tables[IF_PHYS_ADDRESS], v, arc) > 0)
			take_mac(&h->found, &v->value);
		else if ((n = arcs_below(&tables[IP_AD_ENT_IF_INDEX], v, arc)) > 0)
			take_address(h, arc, n, &v->value);
	}
}

/* The answer has the names in the order asked: the wire has seen to that. */
static void
take_ports(struct msg_discovered *d, const struct snmp_message *m)
{
	unsigned i;

	for (i = 0; i < m->n && i < d->naddresses; i++)
		take_text(d->own[i].port, sizeof(d->own[i].port), &m->varbind[i].value);
}

/* ---- questions ---- */

/* Nothing comes of a credential that is not answered: the next one, or the same again. */
static enum host_stage
after_identity(struct scan_host *h, const struct snmp_answer *answer)
{
	const struct scan_job *j = h->job;

	if (answer == NULL)
		return ++h->attempt == (unsigned)j->m.ncredentials * SCAN_TRIES ? STAGE_DONE : STAGE_IDENTITY;
	h->found.snmp = 1;
	h->found.rtt_s = (float)answer->rtt_s;
	if (answer->msg->error_status == SNMP_NO_ERROR)
		take_identity(&h->found, answer->msg);
	return h->peer.credential.version == SNMP_V1 ? STAGE_DONE : STAGE_TABLES;	/* v1 has no GETBULK */
}

static void
host_answered(void *arg, const struct snmp_answer *answer)
{
	struct scan_host *h = arg;
	bool		  good = answer != NULL && answer->msg->error_status == SNMP_NO_ERROR;

	switch (h->stage) {
	case STAGE_ECHO:
	case STAGE_IDENTITY:
		h->stage = after_identity(h, answer);
		break;
	case STAGE_TABLES:
		if (good)
			take_tables(h, answer->msg);
		h->stage = h->found.naddresses > 0 ? STAGE_PORTS : STAGE_DONE;
		break;
	case STAGE_PORTS:
		if (good)
			take_ports(&h->found, answer->msg);
		h->stage = STAGE_DONE;
		break;
	case STAGE_DONE:
		break;
	}
	if (h->stage == STAGE_DONE)
		host_check(h);
	else
		enqueue(h);
}

static void
ask(struct scan_host *h, enum snmp_pdu_type pdu, const struct snmp_ask *what, size_t n)
{
	snmp_request_encode(&h->request, &h->peer.credential, pdu, TABLE_ROWS, what, n);
	h->x.request = &h->request;
	h->x.walk = pdu == SNMP_PDU_GETBULK;
	h->x.done = host_answered;
	h->x.arg = h;
	exchange_start(&h->x, h->job->scan->env.wire, &h->peer, 1);
}

/* SNMPv1 refuses all for the one object that is not there. */
static void
ask_identity(struct scan_host *h)
{
	const struct scan_job *j = h->job;
	struct snmp_ask	       what[IDENTITY] = { { 0 } };
	unsigned	       i;

	for (i = 0; i < IDENTITY; i++)
		what[i].column = &identity[i];
	h->stage = STAGE_IDENTITY;
	h->found.credential = (uint8_t)(h->attempt % j->m.ncredentials);
	h->peer.credential = j->credential[h->found.credential];
	ask(h, SNMP_PDU_GET, what, h->peer.credential.version == SNMP_V1 ? ENGINE_ID : IDENTITY);
}

static void
ask_tables(struct scan_host *h)
{
	const struct snmp_ask what[TABLES] = { { .column = &tables[IF_PHYS_ADDRESS], .whole = true },
		{ .column = &tables[IP_AD_ENT_IF_INDEX], .whole = true } };

	ask(h, SNMP_PDU_GETBULK, what, TABLES);
}

static void
ask_ports(struct scan_host *h)
{
	struct snmp_ask what[DISCOVERED_ADDRESSES_MAX];
	unsigned	i;

	for (i = 0; i < h->found.naddresses; i++)
		what[i] = (struct snmp_ask){ .column = &if_name, .nindex = 1, .index = &h->own_index[i] };
	ask(h, SNMP_PDU_GET, what, h->found.naddresses);
}

static void
host_ask(struct scan_host *h)
{
	if (h->stage == STAGE_TABLES)
		ask_tables(h);
	else if (h->stage == STAGE_PORTS)
		ask_ports(h);
	else
		ask_identity(h);
}

/* One packet. */
static void
scan_turn(void *arg)
{
	struct snmp_scan *s = arg;
	struct scan_host *h = s->first;
	unsigned	  rate_ps = h->job->m.rate_ps;

	if ((s->first = h->next) == NULL)
		s->last = &s->first;
	s->next_ns = loop_mono_ns(s->env.loop) + (NS_PER_S + rate_ps - 1) / rate_ps;
	s->packets++;
	if (h->stage == STAGE_ECHO && echo_send(h)) {
		h->stage = STAGE_IDENTITY;
		enqueue(h);
	} else {
		host_ask(h);
	}
	turn_set(s);
}

/* ---- requests ---- */

static struct scan_job *
job_find(const struct snmp_scan *s, uint32_t token)
{
	struct scan_job *j;

	for (j = s->jobs; j != NULL && j->token != token; j = j->next)
		;
	return j;
}

static int
credential_load(const struct scan_env *env, const struct msg_discover *m, unsigned i,
    struct snmp_credential *c,
    char *err, size_t size)
{
	if (env->public_community)
		return credential_public(c, m->version, err, size);
	return credential_read(c, env->secrets_fd, m->credential[i], m->version, err, size);
}

static void
refuse(struct snmp_scan *s, uint32_t token, const char *error)
{
	struct msg_discover_end e = { 0 };

	text_copy(e.error, sizeof(e.error), error);
	s->env.end(s->env.arg, token, &e);
}

static struct scan_job *
job_new(struct snmp_scan *s, uint32_t token, const struct msg_discover *m)
{
	struct scan_job *j = xcalloc(1, sizeof(*j));
	unsigned	 i;

	j->scan = s;
	j->token = token;
	j->m = *m;
	for (i = 0; i < m->n; i++) {
		struct scan_host *h = &j->host[i];

		h->job = j;
		h->peer = (struct snmp_peer){ .address = m->address[i], .port = m->port,
			.timeout_ns = (int64_t)m->timeout_ms * NS_PER_MS };
		h->found = (struct msg_discovered){ .address = m->address[i], .rtt_s = NAN };
	}
	j->next = s->jobs;
	s->jobs = j;
	s->njobs++;
	return j;
}

void
scan_request(struct snmp_scan *s, uint32_t token, const struct msg_discover *m)
{
	struct scan_job *j = job_find(s, token);
	char		 err[200];
	unsigned	 i;

	if (j != NULL)
		job_free(j);
	if (m->n == 0)
		return;
	if (m->ncredentials == 0 || m->rate_ps == 0) {
		refuse(s, token, "no credential to ask with, or no rate");
		return;
	}
	if (s->njobs == SCAN_JOBS_MAX) {
		refuse(s, token, "this instance is asked to discover too much at the same time; try again");
		return;
	}
	j = job_new(s, token, m);
	for (i = 0; i < m->ncredentials; i++)
		if (credential_load(&s->env, m, i, &j->credential[i], err, sizeof(err)) == -1) {
			job_end(j, err);
			return;
		}
	loop_timer_set(s->env.loop, &j->deadline,
	    loop_mono_ns(s->env.loop) + (int64_t)m->deadline_ms * NS_PER_MS, job_late, j);
	for (i = 0; i < m->n; i++)
		enqueue(&j->host[i]);
}

void
scan_forget_all(struct snmp_scan *s)
{
	while (s->jobs != NULL)
		job_free(s->jobs);
}

void
scan_free(struct snmp_scan *s)
{
	if (s == NULL)
		return;
	scan_forget_all(s);
	nmap_free(s->echoes);
	free(s);
}
