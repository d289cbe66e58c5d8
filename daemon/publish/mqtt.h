/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mqtt.h: one MQTT 5 connection that comes back by itself, on our own loop.
 *
 * A connection is a session: clean start, expiry 0. When it breaks, all that was not confirmed is forgotten
 * here, and the owner sends it again after the next `connected`.
 */
#ifndef SIMPUL_MQTT_H
#define SIMPUL_MQTT_H

#include "base/loop.h"

struct mqtt;

struct mqtt_settings {		/* texts are borrowed for mqtt_new() only; "" = none */
	const char *host;	/* name, address, or the path of a Unix socket (then port 0) */
	uint16_t    port;
	const char *client_id;
	const char *username, *password;
	const char *ca_file;	/* not empty: TLS, and the broker's name is verified */
	const char *will_topic, *will_payload;	/* the Last Will: retained, QoS 1, JSON */
};

struct mqtt_refusal {
	enum {
		MQTT_NOT_NOW,	/* not yet: no right to it, a quota is used up */
		MQTT_NEVER,	/* this message cannot be sent to this broker: its topic, its size */
	} when;
	const char *text;	/* the reason in words; borrowed */
};

struct mqtt_handlers {		/* all called from the loop */
	/** @param retains  the broker keeps retained messages; else they are sent like others */
	void (*connected)(void *arg, bool retains);
	/** The connection is gone, or one could not be made; it is tried again by itself. why is borrowed. */
	void (*disconnected)(void *arg, const char *why);
	/** The broker has confirmed this QoS 1 message, or refused it (else NULL). */
	void (*confirmed)(void *arg, int mid, const struct mqtt_refusal *refusal);
	void *arg;
};

struct mqtt_message {
	const char *topic, *content_type;
	const void *payload;	/* UTF-8 text; len 0 clears a retained topic */
	size_t	    len;
	int	    qos;
	bool	    retain;
	uint32_t    expiry_s;	/* message expiry interval; 0 = none */
};

/** Connecting begins with the loop's next turn. @param h copied @return owned, or NULL (logged) */
struct mqtt *mqtt_new(struct loop *l, const struct mqtt_settings *s, const struct mqtt_handlers *h);
/**
 * Hand over a message. Everything is copied.
 * @param mid	set to the number that `confirmed` will name (QoS 1); may be NULL
 * @return 0; 1: not connected, send it again later; -1: the broker would not take it, *refusal says why
 */
int	mqtt_publish(struct mqtt *m, const struct mqtt_message *msg, int *mid, struct mqtt_refusal *refusal);
/** End without a Last Will, waiting at most this long for what is under way; free. NULL is allowed. */
void	mqtt_close(struct mqtt *m, int timeout_ms);

#endif
