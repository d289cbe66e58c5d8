/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * publish.c: the process between core's outbox and the broker.
 *
 * Items are sent in the order in which core hands them over, at most `window` of them unconfirmed; each is
 * reported back (OUTBOX_DONE) when the broker has confirmed it, and only then leaves the outbox. When the
 * connection breaks, what was unconfirmed is sent again, in order; when core is restarted, it hands over
 * again what its ledger still holds. So nothing is lost, and what comes twice has the same id in its payload.
 *
 * A refusal is no end: a right that is missing is given, a quota has room again. The item and all behind it
 * are held, and it is tried alone, less and less often; when the broker takes it, those behind it follow.
 * Only what this broker can never take (a topic or size that it does not allow) is reported as refused.
 *
 * Besides: the birth message on every connect and the Last Will, both retained on .../health and with the
 * same boot number, so that a late Will cannot be mistaken for the end of a newer engine; and a heart-beat
 * with the last sequence number.
 */
#include "publish/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/secret.h"
#include "publish/mqtt.h"

#define HEARTBEAT_NS	(10 * NS_PER_S)
#define COUNTERS_NS	(10 * NS_PER_S)
#define RETRY_MIN_NS	NS_PER_S	/* after a refusal */
#define RETRY_MAX_NS	(30 * NS_PER_S)
#define CLOSE_MS	1000
#define JSON_TYPE	"application/json"
#define CLOUDEVENT_TYPE "application/cloudevents+json"

struct item {
	struct item *next;
	uint64_t     id, seq;
	uint8_t	     qos, retain;
	uint32_t     expiry_s;
	bool	     sent;		/* handed to the connection, not confirmed yet */
	int	     mid;
	char	    *topic;
	uint32_t     payload_len;
	uint8_t	     payload[];
};

struct publish {
	struct loop	      *loop;
	int		       secrets_fd;
	struct ipc_channel    *core;
	struct msg_broker_plan plan;
	struct buf	       plan_bytes;	/* plan without seq, and password: has it changed? */
	struct mqtt	      *mqtt;		/* NULL: no plan, or disabled, or no password */
	bool		       connected, refuses;
	bool		       retains;		/* this broker keeps retained messages */
	char		       state[200];	/* last told to core */
	bool		       held;		/* the first unsent item was refused; it is tried alone */
	struct loop_timer      retry;		/* until then nothing is sent */
	int64_t		       retry_ns;	/* how long, the next time */
	struct item	      *first, **last;	/* unconfirmed, then unsent */
	uint32_t	       in_flight, queued;
	uint64_t	       seq;		/* of the last event confirmed */
	uint64_t	       published, refused, connects;
	struct loop_timer      heartbeat, counters;
};

static void	pump(struct publish *p);

/* ---- state ---- */

static void
state_send(struct publish *p)
{
	struct msg_broker_state m = { .connected = p->connected, .refuses = p->refuses };

	text_copy(m.text, sizeof(m.text), p->state);
	msg_broker_state_send(p->core, IPC_BROKER_STATE, 0, &m, -1);
}

/* Logged and told when it changes, not at each attempt. */
static void
state_set(struct publish *p, bool connected, bool refuses, const char *text)
{
	if (connected == p->connected && refuses == p->refuses && strcmp(text, p->state) == 0)
		return;
	p->connected = connected;
	p->refuses = refuses;
	text_copy(p->state, sizeof(p->state), text);
	if (p->held || (!connected && p->plan.enabled))
		log_warnx("%s; what is to be said waits in the outbox", text);
	else if (!connected || refuses)
		log_warnx("%s", text);
	else
		log_info("%s", text);
	state_send(p);
}

static void
counters_send(void *arg)
{
	struct publish	   *p = arg;
	struct msg_counters m = {
		.n = 5,
		.c = {
			{ "publish.published", p->published },
			{ "publish.refused", p->refused },
			{ "publish.connects", p->connects },
			{ "publish.queued_messages", p->queued },
			{ "publish.in_flight_messages", p->in_flight },
		},
	};

	msg_counters_send(p->core, IPC_COUNTERS, 0, &m, -1);
	loop_timer_set(p->loop, &p->counters, loop_mono_ns(p->loop) + COUNTERS_NS, counters_send, p);
}

/* ---- our own messages: health and heart-beat ---- */

/* All that is put in is an id, a number or our own text: nothing needs escaping. */
static void
own_message(struct publish *p, const char *level, int qos, bool retain, const char *json)
{
	char		    topic[256];
	struct mqtt_refusal refusal;
	struct mqtt_message m = {
		.topic = topic, .content_type = JSON_TYPE, .payload = json, .len = strlen(json), .qos = qos,
		.retain = retain,
	};

	snprintf(topic, sizeof(topic), "simpul/v1/%s/%s", p->plan.ns, level);
	if (mqtt_publish(p->mqtt, &m, NULL, &refusal) == -1)
		log_warnx("cannot publish %s: %s", topic, refusal.text);
}

/* The same document for birth, farewell and Last Will. */
static const char *
health_json(const struct publish *p, const char *state, char *out, size_t size)
{
	char now[TIME_TEXT_MAX];

	snprintf(out, size,
	    "{\"state\":\"%s\",\"boot\":%u,\"node\":\"%s\",\"version\":\"%s\",\"time\":\"%s\"}",
	    state, p->plan.boot, p->plan.node, p->plan.version,
	    text_utc(now, sizeof(now), loop_wall_ns(p->loop)));
	return out;
}

static void
birth(struct publish *p)
{
	char json[400];

	own_message(p, "health", 1, true, health_json(p, "online", json, sizeof(json)));
}

static void
heartbeat(void *arg)
{
	struct publish *p = arg;
	char		json[200], now[TIME_TEXT_MAX];

	if (p->connected) {
		snprintf(json, sizeof(json), "{\"boot\":%u,\"seq\":%llu,\"time\":\"%s\"}", p->plan.boot,
		    (unsigned long long)p->seq, text_utc(now, sizeof(now), loop_wall_ns(p->loop)));
		own_message(p, "hb", 0, false, json);
	}
	loop_timer_set(p->loop, &p->heartbeat, loop_mono_ns(p->loop) + HEARTBEAT_NS, heartbeat, p);
}

/* ---- the queue ---- */

static void
item_remove(struct publish *p, struct item **at)
{
	struct item *it = *at;

	*at = it->next;
	if (it->next == NULL)
		p->last = at;
	p->queued--;
	p->in_flight -= it->sent;
	free(it->topic);
	free(it);
}

static void
queue_clear(struct publish *p)
{
	while (p->first != NULL)
		item_remove(p, &p->first);
}

/* It and all behind it are to be sent, whatever became of them on the way. */
static void
unsend(struct publish *p, struct item *it)
{
	for (; it != NULL; it = it->next) {
		p->in_flight -= it->sent;
		it->sent = false;
	}
}

static void
state_connected(struct publish *p)
{
	const char *lacks = p->retains ? "" : ", which keeps no states for those who come later (retain)";
	char	    text[600];

	if (p->plan.port != 0)
		snprintf(text, sizeof(text), "connected to the broker at %s port %u%s", p->plan.host,
		    p->plan.port, lacks);
	else
		snprintf(text, sizeof(text), "connected to the broker at %s%s", p->plan.host, lacks);
	text[sizeof(p->state) - 1] = '\0';
	state_set(p, true, !p->retains, text);
}

static void
retry_now(void *arg)
{
	pump(arg);
}

/*
 * The broker does not take this one now. Those behind it that are under way may have been taken; they are
 * sent again all the same, or the older state of an object could be the last that the broker hears.
 */
static void
hold(struct publish *p, struct item *it, const char *why)
{
	char text[600];

	unsend(p, it);
	p->held = true;
	loop_timer_set(p->loop, &p->retry, loop_mono_ns(p->loop) + p->retry_ns, retry_now, p);
	p->retry_ns = p->retry_ns * 2 < RETRY_MAX_NS ? p->retry_ns * 2 : RETRY_MAX_NS;
	snprintf(text, sizeof(text), "the broker refuses: %s (%s)", why, it->topic);
	text[sizeof(p->state) - 1] = '\0';
	state_set(p, true, true, text);
}

static void
hold_forget(struct publish *p)
{
	loop_timer_cancel(p->loop, &p->retry);
	p->held = false;
	p->retry_ns = RETRY_MIN_NS;
}

/* The broker has taken what it refused before, and may have refused the birth message, too. */
static void
hold_end(struct publish *p)
{
	hold_forget(p);
	state_connected(p);
	birth(p);
}

/* Report it to core and forget it. */
static void
item_done(struct publish *p, struct item **at, const char *refusal)
{
	struct msg_outbox_done m = { .id = (*at)->id, .ok = refusal == NULL };

	if (refusal == NULL && p->held && !loop_timer_is_set(&p->retry))
		hold_end(p);
	if (refusal != NULL) {
		text_copy(m.reason, sizeof(m.reason), refusal);
		log_warnx("%s was refused: %s", (*at)->topic, refusal);
		p->refused++;
	} else {
		p->published++;
		if ((*at)->seq > p->seq)
			p->seq = (*at)->seq;
	}
	item_remove(p, at);
	msg_outbox_done_send(p->core, IPC_OUTBOX_DONE, 0, &m, -1);
}

static void
item_refused(struct publish *p, struct item **at, const struct mqtt_refusal *refusal)
{
	if (refusal->when == MQTT_NEVER)
		item_done(p, at, refusal->text);
	else
		hold(p, *at, refusal->text);
}

/* @return false when no more can be sent now */
static bool
item_send(struct publish *p, struct item **at)
{
	struct item	   *it = *at;
	struct mqtt_refusal refusal;
	struct mqtt_message m = {
		.topic = it->topic, .content_type = CLOUDEVENT_TYPE, .payload = it->payload,
		.len = it->payload_len, .qos = it->qos, .retain = it->retain, .expiry_s = it->expiry_s,
	};

	switch (mqtt_publish(p->mqtt, &m, &it->mid, &refusal)) {
	case 0:
		it->sent = true;
		p->in_flight++;
		if (it->qos == 0)
			item_done(p, at, NULL);	/* nobody confirms it */
		return true;
	case -1:
		item_refused(p, at, &refusal);
		return refusal.when == MQTT_NEVER;
	default:
		return false;
	}
}

static void
pump(struct publish *p)
{
	struct item **at = &p->first;

	if (!p->connected || loop_timer_is_set(&p->retry))
		return;
	while (*at != NULL && p->in_flight < (p->held ? 1 : p->plan.window)) {
		if ((*at)->sent)
			at = &(*at)->next;
		else if (!item_send(p, at))
			break;
	}
}

static void
item_add(struct publish *p, const struct msg_outbox_item *m)
{
	struct item *it = xcalloc(1, sizeof(*it) + m->payload_len);

	it->id = m->id;
	it->seq = m->seq;
	it->qos = m->qos;
	it->retain = m->retain;
	it->expiry_s = m->expiry_s;
	it->topic = xstrdup(m->topic);
	it->payload_len = m->payload_len;
	if (m->payload_len > 0)
		memcpy(it->payload, m->payload, m->payload_len);
	*p->last = it;
	p->last = &it->next;
	p->queued++;
	pump(p);
}

/* ---- the connection ---- */

static void
on_connected(void *arg, bool retains)
{
	struct publish *p = arg;

	p->connects++;
	p->retains = retains;
	state_connected(p);
	birth(p);
	pump(p);
}

static void
on_disconnected(void *arg, const char *why)
{
	struct publish *p = arg;
	char		text[600];

	unsend(p, p->first);	/* whether the broker has them is not known */
	hold_forget(p);
	snprintf(text, sizeof(text), "no connection to the broker at %s: %s", p->plan.host, why);
	text[sizeof(p->state) - 1] = '\0';
	state_set(p, false, false, text);
}

static void
on_confirmed(void *arg, int mid, const struct mqtt_refusal *refusal)
{
	struct publish *p = arg;
	struct item   **at = &p->first;

	while (*at != NULL && !((*at)->sent && (*at)->mid == mid))
		at = &(*at)->next;
	if (*at == NULL)
		return;		/* one of our own, or from before core was restarted */
	if (refusal != NULL)
		item_refused(p, at, refusal);
	else
		item_done(p, at, NULL);
	pump(p);
}

/* Fetch a secret of one line. @return its length, 0 when there is none to fetch, or -1 with the remedy */
static int
password_read(const struct publish *p, char *out, size_t size, char *err, size_t err_size)
{
	ssize_t n;

	out[0] = '\0';
	if (p->plan.password_file[0] == '\0')
		return 0;
	n = secret_read(p->secrets_fd, "secrets/publish", p->plan.password_file, out, size - 1, err, err_size);
	if (n == -1)
		return -1;
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return (int)strlen(out);
}

static void
mqtt_start(struct publish *p, const char *password)
{
	const struct mqtt_handlers h = { on_connected, on_disconnected, on_confirmed, p };
	char			   id[160], topic[160], will[400], ca[320] = "";
	const struct mqtt_settings s = { .host = p->plan.host, .port = p->plan.port, .client_id = id,
		.username = p->plan.username, .password = password, .ca_file = ca, .will_topic = topic,
		.will_payload = will };

	snprintf(id, sizeof(id), "simpul-%s-%s", p->plan.ns, p->plan.node);
	snprintf(topic, sizeof(topic), "simpul/v1/%s/health", p->plan.ns);
	health_json(p, "offline", will, sizeof(will));
	/* The library wants a path; a relative one lies below secrets/publish, which is a descriptor here. */
	if (p->plan.ca_file[0] == '/')
		text_copy(ca, sizeof(ca), p->plan.ca_file);
	else if (p->plan.ca_file[0] != '\0')
		snprintf(ca, sizeof(ca), "/proc/self/fd/%d/%s", p->secrets_fd, p->plan.ca_file);
	p->mqtt = mqtt_new(p->loop, &s, &h);
}

/* An orderly end, which the broker does not answer with our Last Will: so we say the same ourselves. */
static void
mqtt_end(struct publish *p)
{
	char json[400];

	if (p->connected)
		own_message(p, "health", 1, true, health_json(p, "offline", json, sizeof(json)));
	mqtt_close(p->mqtt, CLOSE_MS);
	p->mqtt = NULL;
	p->connected = false;
	unsend(p, p->first);	/* confirmations that came meanwhile had no reader */
	hold_forget(p);
}

/* ---- core's messages ---- */

/* @return true when it differs from the one before in more than where the event stream stands */
static bool
plan_is_new(struct publish *p, const char *password)
{
	struct msg_broker_plan m = p->plan;
	struct buf	       b = { 0 };
	bool		       same;

	m.seq = 0;
	msg_broker_plan_encode(&b, &m);
	buf_str(&b, password);
	same = b.len == p->plan_bytes.len && memcmp(b.data, p->plan_bytes.data, b.len) == 0;
	buf_free(&p->plan_bytes);
	p->plan_bytes = b;
	return !same;
}

static void
plan_take(struct publish *p, const struct msg_broker_plan *m)
{
	char password[512], err[200];
	int  rc;

	if (p->connected && (strcmp(m->ns, p->plan.ns) != 0 || m->boot != p->plan.boot))
		mqtt_end(p);	/* the farewell belongs to the old name and number */
	p->plan = *m;
	if (m->seq > p->seq)
		p->seq = m->seq;
	rc = password_read(p, password, sizeof(password), err, sizeof(err));
	if (plan_is_new(p, password)) {
		mqtt_end(p);
		if (!m->enabled)
			state_set(p, false, false, "publishing is switched off (mqtt.enabled)");
		else if (rc == -1)
			state_set(p, false, false, err);
		else
			mqtt_start(p, password);
	}
	explicit_bzero(password, sizeof(password));
}

static void
core_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct publish *p = arg;
	union {
		struct msg_broker_plan plan;
		struct msg_outbox_item item;
	} m;

	switch (msg->type) {
	case IPC_BROKER_PLAN:
		if (msg_broker_plan_decode(&m.plan, msg->data, msg->len) == -1)
			ipc_reject(ch, "bad message: broker plan");
		else
			plan_take(p, &m.plan);
		break;
	case IPC_OUTBOX_ITEM:
		if (msg_outbox_item_decode(&m.item, msg->data, msg->len) == -1)
			ipc_reject(ch, "bad message: outbox item");
		else
			item_add(p, &m.item);
		break;
	}
}

static void
core_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct publish *p = arg;

	log_debug("publish", "core: %s", why);
	ipc_free(ch);
	p->core = NULL;
	queue_clear(p);		/* the next core hands over again what has not been confirmed */
}

/* ---- publish.h ---- */

struct publish *
publish_new(struct loop *l, const struct publish_opts *o)
{
	struct publish *p = xcalloc(1, sizeof(*p));

	p->loop = l;
	p->secrets_fd = o->secrets_fd;
	p->last = &p->first;
	p->retry_ns = RETRY_MIN_NS;
	loop_timer_set(l, &p->heartbeat, loop_mono_ns(l) + HEARTBEAT_NS, heartbeat, p);
	loop_timer_set(l, &p->counters, loop_mono_ns(l) + COUNTERS_NS, counters_send, p);
	return p;
}

void
publish_attach(struct publish *p, enum process_kind peer, const char *instance, struct ipc_channel *ch)
{
	(void)instance;
	if (peer != PROCESS_CORE) {
		ipc_free(ch);
		return;
	}
	ipc_free(p->core);
	queue_clear(p);
	p->core = ch;
	ipc_handlers(ch, core_message, core_closed, p);
	if (p->state[0] != '\0')
		state_send(p);
}

void
publish_stop(struct publish *p)
{
	mqtt_end(p);
	ipc_drain(p->core, CLOSE_MS);
}

void
publish_free(struct publish *p)
{
	if (p == NULL)
		return;
	mqtt_close(p->mqtt, 0);
	queue_clear(p);
	loop_timer_cancel(p->loop, &p->heartbeat);
	loop_timer_cancel(p->loop, &p->counters);
	loop_timer_cancel(p->loop, &p->retry);
	ipc_free(p->core);
	if (p->plan_bytes.data != NULL)
		explicit_bzero(p->plan_bytes.data, p->plan_bytes.len);
	buf_free(&p->plan_bytes);
	if (p->secrets_fd != -1)
		close(p->secrets_fd);
	free(p);
}
