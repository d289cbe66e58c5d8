/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mqtt.c: the only file that knows libmosquitto. MQTT 5 (OASIS, 2019).
 *
 * Each attempt to connect makes a new handle and each end of a connection throws it away: the library's own
 * queue and its retries would otherwise compete with the outbox about order and repetition. A handle cannot
 * be destroyed inside one of its callbacks, so these only leave notes, which after_io() reads when the
 * library has returned.
 *
 * The connect is the library's non-blocking one. Its manual asks for its own thread, but all that it leaves
 * to do (finish the TCP and TLS handshakes, send CONNECT) is done by mosquitto_loop_read/write on the socket,
 * here as there. What still blocks is the look-up of the broker's name (getaddrinfo): the resolver is told to
 * give up within seconds, so that the process can send its sign of life in time. An address or a Unix socket
 * needs no look-up.
 */
#include "publish/mqtt.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <resolv.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sandbox.h"

#define KEEPALIVE_S	 15
#define CONNECT_MAX_NS	 (10 * NS_PER_S)	/* from the first packet to CONNACK */
#define BACKOFF_MIN_NS	 NS_PER_S
#define BACKOFF_MAX_NS	 (30 * NS_PER_S)
#define MISC_NS		 NS_PER_S
#define RESOLVER_TRY_S	 2
#define IN_FLIGHT_MAX	 65535		/* the owner keeps its own, smaller window */
#define REASON_FAILED	 0x80		/* reason codes from here on are failures (MQTT 5, 2.4) */

struct mqtt {
	struct loop	    *loop;
	struct mqtt_handlers h;
	char		    *host, *client_id, *username, *password, *ca_file, *will_topic, *will_payload;
	uint16_t	     port;

	struct mosquitto    *mosq;	/* NULL between two attempts */
	struct loop_io	    *io;
	struct loop_timer    timer;	/* next attempt; or time-out of this one; or housekeeping */
	bool		     up;	/* CONNACK has come */
	int64_t		     backoff_ns;

	/* Notes of the callbacks. */
	bool		     accepted;	/* CONNACK with success, not yet told */
	bool		     retains;	/* as it says */
	const char	    *lost_why;	/* the connection is over */
};

static void connect_begin(void *arg);
static void housekeeping(void *arg);

/* ---- messages ---- */

/* What MQTT 5 says beside topic and payload. @return owned; NULL when there is nothing to say */
static mosquitto_property *
properties_new(const char *content_type, uint32_t expiry_s)
{
	mosquitto_property *p = NULL;
	int		    rc = MOSQ_ERR_SUCCESS;

	if (content_type != NULL) {
		rc = mosquitto_property_add_byte(&p, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
		if (rc == MOSQ_ERR_SUCCESS)
			rc = mosquitto_property_add_string(&p, MQTT_PROP_CONTENT_TYPE, content_type);
	}
	if (rc == MOSQ_ERR_SUCCESS && expiry_s > 0)
		rc = mosquitto_property_add_int32(&p, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expiry_s);
	if (rc != MOSQ_ERR_SUCCESS)
		fatalx("out of memory: the properties of an MQTT message");
	return p;
}

static int
will_set(struct mosquitto *mosq, const char *topic, const char *payload)
{
	mosquitto_property *p = properties_new("application/json", 0);
	int		    rc;

	rc = mosquitto_will_set_v5(mosq, topic, (int)strlen(payload), payload, 1, true, p);
	if (rc != MOSQ_ERR_SUCCESS)
		mosquitto_property_free_all(&p);	/* else the handle has taken them */
	return rc;
}

/* ---- callbacks: leave a note ---- */

/* @return the words of a reason code that means failure, else NULL */
static const char *
failure_text(int reason)
{
	return reason >= REASON_FAILED ? mosquitto_reason_string(reason) : NULL;
}

static void
on_connect(struct mosquitto *mosq, void *arg, int reason, int flags, const mosquitto_property *props)
{
	struct mqtt *m = arg;
	uint8_t	     retains = 1;	/* unless it says something else */

	(void)mosq;
	(void)flags;
	mosquitto_property_read_byte(props, MQTT_PROP_RETAIN_AVAILABLE, &retains, false);
	m->retains = retains != 0;
	if (reason == MQTT_RC_SUCCESS)
		m->accepted = true;
	else
		m->lost_why = mosquitto_reason_string(reason);
}

static void
on_disconnect(struct mosquitto *mosq, void *arg, int reason, const mosquitto_property *props)
{
	struct mqtt *m = arg;

	(void)mosq;
	(void)props;
	if (m->lost_why == NULL)
		m->lost_why = failure_text(reason);
	if (m->lost_why == NULL)
		m->lost_why = mosquitto_strerror(reason);	/* the library's own code */
}

static void
on_publish(struct mosquitto *mosq, void *arg, int mid, int reason, const mosquitto_property *props)
{
	struct mqtt	   *m = arg;
	struct mqtt_refusal refusal = { .when = MQTT_NOT_NOW, .text = failure_text(reason) };

	(void)mosq;
	(void)props;
	if (!m->up)
		return;
	if (reason == MQTT_RC_TOPIC_NAME_INVALID || reason == MQTT_RC_PACKET_TOO_LARGE ||
	    reason == MQTT_RC_PAYLOAD_FORMAT_INVALID)
		refusal.when = MQTT_NEVER;
	m->h.confirmed(m->h.arg, mid, refusal.text != NULL ? &refusal : NULL);
}

/* ---- one connection ---- */

static void
handle_drop(struct mqtt *m)
{
	loop_io_free(m->io);
	m->io = NULL;
	if (m->mosq != NULL)
		mosquitto_destroy(m->mosq);
	m->mosq = NULL;
	m->up = m->accepted = false;
	m->lost_why = NULL;
}

/* Half to all of a time that doubles up to its maximum: many engines must not come back as one. */
static int64_t
backoff_next(struct mqtt *m)
{
	int64_t wait = m->backoff_ns;

	m->backoff_ns = wait * 2 < BACKOFF_MAX_NS ? wait * 2 : BACKOFF_MAX_NS;
	return wait / 2 + (int64_t)(loop_random(m->loop) % (uint64_t)(wait / 2 + 1));
}

static void
connection_lost(struct mqtt *m, const char *why)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", why);	/* why may live in the handle */
	handle_drop(m);
	loop_timer_set(m->loop, &m->timer, loop_mono_ns(m->loop) + backoff_next(m), connect_begin, m);
	m->h.disconnected(m->h.arg, text);
}

static const char *
error_text(int rc)
{
	return rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc);
}

static void
events_update(struct mqtt *m)
{
	if (m->io != NULL)
		loop_io_events(m->io, LOOP_READ | (mosquitto_want_write(m->mosq) ? LOOP_WRITE : 0));
}

/* The library has returned: act on what its callbacks have noted. */
static void
after_io(struct mqtt *m, int rc)
{
	if (m->lost_why != NULL || rc != MOSQ_ERR_SUCCESS) {
		connection_lost(m, m->lost_why != NULL ? m->lost_why : error_text(rc));
		return;
	}
	if (m->accepted) {
		m->accepted = false;
		m->up = true;
		m->backoff_ns = BACKOFF_MIN_NS;
		loop_timer_set(m->loop, &m->timer, loop_mono_ns(m->loop) + MISC_NS, housekeeping, m);
		m->h.connected(m->h.arg, m->retains);
	}
	events_update(m);
}

static void
socket_event(void *arg, int events)
{
	struct mqtt *m = arg;
	int	     rc = MOSQ_ERR_SUCCESS;

	if (events & LOOP_WRITE)
		rc = mosquitto_loop_write(m->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS && m->lost_why == NULL && events & LOOP_READ)
		rc = mosquitto_loop_read(m->mosq, 1);
	after_io(m, rc);
}

/* Keep-alive, once a second. */
static void
housekeeping(void *arg)
{
	struct mqtt *m = arg;

	loop_timer_set(m->loop, &m->timer, loop_mono_ns(m->loop) + MISC_NS, housekeeping, m);
	after_io(m, mosquitto_loop_misc(m->mosq));
}

static void
connect_late(void *arg)
{
	connection_lost(arg, "the broker does not answer");
}

/* @return a handle that is ready to connect, or NULL with *why */
static struct mosquitto *
handle_new(struct mqtt *m, const char **why)
{
	struct mosquitto *mosq = mosquitto_new(m->client_id, true, m);
	int		  rc = MOSQ_ERR_NOMEM;

	if (mosq != NULL)
		rc = mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_int_option(mosq, MOSQ_OPT_SEND_MAXIMUM, IN_FLIGHT_MAX);
	if (rc == MOSQ_ERR_SUCCESS && m->will_topic[0] != '\0')
		rc = will_set(mosq, m->will_topic, m->will_payload);
	if (rc == MOSQ_ERR_SUCCESS && m->username[0] != '\0')
		rc = mosquitto_username_pw_set(mosq, m->username,
		    m->password[0] != '\0' ? m->password : NULL);
	if (rc == MOSQ_ERR_SUCCESS && m->ca_file[0] != '\0')
		rc = mosquitto_tls_set(mosq, m->ca_file, NULL, NULL, NULL, NULL);
	if (rc != MOSQ_ERR_SUCCESS) {
		*why = error_text(rc);
		mosquitto_destroy(mosq);
		return NULL;
	}
	mosquitto_connect_v5_callback_set(mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(mosq, on_publish);
	return mosq;
}

/* Perhaps it is named, or name servers are, in a file that took the place of one that we may read. */
static void
name_unknown(struct mqtt *m)
{
	connection_lost(m, "the broker's name is not known");
	if (!sandbox_is_outdated(SANDBOX_PUBLISH))
		return;
	log_warnx("files of the resolver have been replaced: ends, to be started anew with them");
	loop_stop(m->loop, EXIT_FAILURE);
}

static void
connect_begin(void *arg)
{
	struct mqtt *m = arg;
	const char  *why;
	int	     rc;

	m->mosq = handle_new(m, &why);
	if (m->mosq == NULL) {
		connection_lost(m, why);
		return;
	}
	rc = mosquitto_connect_bind_async(m->mosq, m->host, m->port, KEEPALIVE_S, NULL);
	if (rc == MOSQ_ERR_EAI) {
		name_unknown(m);
		return;
	}
	if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(m->mosq) == -1) {
		connection_lost(m, error_text(rc));
		return;
	}
	/* Writable once the connection stands or has failed: the first write finds out which. */
	m->io = loop_io_new(m->loop, mosquitto_socket(m->mosq), LOOP_READ | LOOP_WRITE, socket_event, m);
	loop_timer_set(m->loop, &m->timer, loop_mono_ns(m->loop) + CONNECT_MAX_NS, connect_late, m);
}

/* ---- for the owner ---- */

struct mqtt *
mqtt_new(struct loop *l, const struct mqtt_settings *s, const struct mqtt_handlers *h)
{
	struct mqtt *m;

	if (mosquitto_lib_init() != MOSQ_ERR_SUCCESS || res_init() == -1) {
		log_warnx("libmosquitto or the resolver cannot be started");
		return NULL;
	}
	_res.retrans = RESOLVER_TRY_S;
	_res.retry = 1;
	m = xcalloc(1, sizeof(*m));
	m->loop = l;
	m->h = *h;
	m->host = xstrdup(s->host);
	m->port = s->port;
	m->client_id = xstrdup(s->client_id);
	m->username = xstrdup(s->username);
	m->password = xstrdup(s->password);
	m->ca_file = xstrdup(s->ca_file);
	m->will_topic = xstrdup(s->will_topic);
	m->will_payload = xstrdup(s->will_payload);
	m->backoff_ns = BACKOFF_MIN_NS;
	loop_timer_set(l, &m->timer, loop_mono_ns(l), connect_begin, m);
	return m;
}

int
mqtt_publish(struct mqtt *m, const struct mqtt_message *msg, int *mid, struct mqtt_refusal *refusal)
{
	mosquitto_property *p;
	int		    rc;

	if (!m->up || m->lost_why != NULL)
		return 1;
	p = properties_new(msg->len > 0 ? msg->content_type : NULL, msg->expiry_s);
	rc = mosquitto_publish_v5(m->mosq, mid, msg->topic, (int)msg->len, msg->payload, msg->qos,
	    msg->retain, p);
	mosquitto_property_free_all(&p);
	events_update(m);
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
		return 0;
	case MOSQ_ERR_INVAL:
	case MOSQ_ERR_PAYLOAD_SIZE:
	case MOSQ_ERR_MALFORMED_UTF8:
	case MOSQ_ERR_OVERSIZE_PACKET:
		*refusal = (struct mqtt_refusal){ .when = MQTT_NEVER, .text = mosquitto_strerror(rc) };
		return -1;
	case MOSQ_ERR_QOS_NOT_SUPPORTED:
		*refusal = (struct mqtt_refusal){ .when = MQTT_NOT_NOW, .text = mosquitto_strerror(rc) };
		return -1;
	default:
		return 1;	/* the connection is breaking: the loop will say so */
	}
}

/* Let the library write and read until it has nothing left to write, or the time is over. */
static void
flush(struct mqtt *m, int64_t end_ns)
{
	struct pollfd p;
	int64_t	      left;

	while (mosquitto_want_write(m->mosq) && (left = end_ns - loop_mono_ns(m->loop)) > 0) {
		p = (struct pollfd){ .fd = mosquitto_socket(m->mosq), .events = POLLOUT };
		if (poll(&p, 1, (int)(left / NS_PER_MS) + 1) != 1 ||
		    mosquitto_loop_write(m->mosq, 1) != MOSQ_ERR_SUCCESS)
			return;
	}
}

static void
text_wipe_free(char *s)
{
	explicit_bzero(s, strlen(s));
	free(s);
}

void
mqtt_close(struct mqtt *m, int timeout_ms)
{
	int64_t end;

	if (m == NULL)
		return;
	loop_timer_cancel(m->loop, &m->timer);
	if (m->up) {
		m->up = false;		/* confirmations that come now have no reader */
		end = loop_mono_ns(m->loop) + timeout_ms * NS_PER_MS;
		flush(m, end);
		mosquitto_disconnect_v5(m->mosq, MQTT_RC_NORMAL_DISCONNECTION, NULL);
		flush(m, end);
	}
	handle_drop(m);
	mosquitto_lib_cleanup();
	text_wipe_free(m->password);
	free(m->host);
	free(m->client_id);
	free(m->username);
	free(m->ca_file);
	free(m->will_topic);
	free(m->will_payload);
	free(m);
}
