/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_usm.c: any datagram as an SNMPv3 message: its head; its body as a forger would send it, who cannot sign; and
 * its body as one who has the keys would. Then the bytes as a PDU of ours: what is encoded opens again.
 */
#include "collectors/snmp/v3.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t	   engine[] = { 0x80, 0x00, 0x1f, 0x88, 0x04, 'r', '1' };
static struct usm_keys	   keys[2];
static struct snmp_message m;
static uint8_t		   plain[V3_MESSAGE_MAX], own[V3_MESSAGE_MAX + V3_OVERHEAD_MAX];

static void
keys_make(void)
{
	struct usm_secret s;

	if (keys[0].auth != USM_NO_AUTH)
		return;
	if (usm_secret_make(&s, USM_SHA1, "correct horse", USM_AES128, "battery staple") == -1 ||
	    usm_localise(&keys[0], &s, engine, sizeof(engine)) == -1 ||
	    usm_secret_make(&s, USM_MD5, "correct horse", USM_DES, "battery staple") == -1 ||
	    usm_localise(&keys[1], &s, engine, sizeof(engine)) == -1)
		abort();
}

static void
inside(const uint8_t *data, size_t size, const uint8_t *p, size_t len)
{
	if (len == 0)
		return;
	if (!(p >= data && p <= data + size && len <= (size_t)(data + size - p)) &&
	    !(p >= plain && p <= plain + sizeof(plain) && len <= (size_t)(plain + sizeof(plain) - p)))
		abort();
}

/* @return whether it was taken */
static bool
open_checked(const struct v3_message *v, const struct usm_keys *k)
{
	struct v3_context ctx;
	const char	 *why = NULL;

	if (v3_open(v, k, plain, &ctx, &m, &why) == -1) {
		if (why == NULL)
			abort();
		return false;
	}
	if (m.n > SNMP_VARBINDS_MAX || m.version != SNMP_V3 || v3_report_of(&m) >= V3_REPORTS)
		abort();
	inside(v->data, v->len, ctx.engine, ctx.engine_len);
	inside(v->data, v->len, ctx.name, ctx.name_len);
	for (uint16_t i = 0; i < m.n; i++) {
		inside(v->data, v->len, m.varbind[i].oid, m.varbind[i].oid_len);
		if (m.varbind[i].value.bytes != NULL)
			inside(v->data, v->len, m.varbind[i].value.bytes, m.varbind[i].value.len);
	}
	return true;
}

/* The same message with the digest that belongs to it. */
static void
open_signed(const struct v3_message *v, const struct usm_keys *k)
{
	struct v3_message copy;
	uint8_t		  mac[USM_MAC_MAX];
	const char	 *why;

	memcpy(own, v->data, v->len);
	memset(own + (v->mac - v->data), 0, v->mac_len);
	if (v->mac_len != usm_mac_len(k->auth) || usm_sign(k, own, v->len, mac) == -1)
		return;
	memcpy(own + (v->mac - v->data), mac, v->mac_len);
	if (v3_decode(&copy, own, v->len, &why) == -1)
		abort();
	open_checked(&copy, k);
}

static void
encode_and_open(const uint8_t *data, size_t size, const struct usm_keys *k)
{
	struct v3_head	  h = { .msg_id = 7, .engine = engine, .engine_len = sizeof(engine), .user = engine, .user_len = 3,
		.context = "", .boots = 3, .time = 300, .keys = k, .salt = size, .flags = V3_AUTH | V3_PRIV };
	struct v3_message v;
	const char	 *why;
	size_t		  n = v3_encode(own, sizeof(own), &h, data, size);

	if (n == 0)
		return;
	if (v3_decode(&v, own + sizeof(own) - n, n, &why) == -1 || v.msg_id != 7)
		abort();
	open_checked(&v, k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct v3_message v;
	const char	 *why = NULL;

	keys_make();
	if (size > V3_MESSAGE_MAX)
		return 0;
	encode_and_open(data, size, &keys[size % 2]);
	if (v3_decode(&v, data, size, &why) == -1) {
		if (why == NULL || (v3_is_version(data, size) && strcmp(why, "not SNMPv3") == 0))
			abort();
		return 0;
	}
	if (v.engine_len > USM_ENGINE_MAX || v.user_len > USM_USER_MAX || v.mac_len > USM_MAC_MAX || v.msg_id < 0)
		abort();
	inside(data, size, v.engine, v.engine_len);
	inside(data, size, v.user, v.user_len);
	inside(data, size, v.mac, v.mac_len);
	inside(data, size, v.scoped, v.scoped_len);
	for (unsigned i = 0; i < 2; i++) {
		bool taken = open_checked(&v, &keys[i]);

		if ((v.flags & V3_AUTH) != 0 && !taken)
			open_signed(&v, &keys[i]);
	}
	return 0;
}
