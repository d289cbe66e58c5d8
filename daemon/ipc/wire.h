/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wire.h: how the msg_*.c describe messages: each once, as a list of fields; the same list writes and reads it.
 * A `struct wire` either has an `out` buffer (writing: the fields are only looked at) or reads from `in`.
 */
#ifndef SIMPUL_IPC_WIRE_H
#define SIMPUL_IPC_WIRE_H

#include <math.h>

#include "ipc/msg.h"

struct wire {
	struct buf   *out;	/* NULL: reading */
	struct cursor in;
};

static inline void
u8(struct wire *w, uint8_t *v)
{
	if (w->out != NULL)
		buf_u8(w->out, *v);
	else
		*v = cursor_u8(&w->in);
}

static inline void
u16(struct wire *w, uint16_t *v)
{
	if (w->out != NULL)
		buf_u16le(w->out, *v);
	else
		*v = cursor_u16le(&w->in);
}

static inline void
u32(struct wire *w, uint32_t *v)
{
	if (w->out != NULL)
		buf_u32le(w->out, *v);
	else
		*v = cursor_u32le(&w->in);
}

static inline void
u64(struct wire *w, uint64_t *v)
{
	if (w->out != NULL)
		buf_u64le(w->out, *v);
	else
		*v = cursor_u64le(&w->in);
}

static inline void
i64(struct wire *w, int64_t *v)
{
	uint64_t u = (uint64_t)*v;

	u64(w, &u);
	*v = (int64_t)u;
}

static inline void
f32(struct wire *w, float *v)
{
	if (w->out != NULL)
		buf_f32le(w->out, *v);
	else
		*v = cursor_f32le(&w->in);
}

static inline void
str(struct wire *w, char *s, size_t size)
{
	if (w->out != NULL)
		buf_str(w->out, s);
	else
		cursor_str(&w->in, s, size);
}
#define STR(w, array) str(w, array, sizeof(array))

/* A word that must lie within [min, max]. */
static inline void
word(struct wire *w, uint8_t *v, uint8_t min, uint8_t max)
{
	u8(w, v);
	if (*v < min || *v > max)
		w->in.bad = true;
}

static inline void
bytes(struct wire *w, uint8_t *v, size_t n)
{
	const uint8_t *p;

	if (w->out != NULL)
		buf_bytes(w->out, v, n);
	else if ((p = cursor_bytes(&w->in, n)) != NULL)
		memcpy(v, p, n);
}

static inline void
addr(struct wire *w, struct addr *a)
{
	u8(w, &a->family);
	bytes(w, a->byte, sizeof(a->byte));
	if (a->family != 0 && a->family != 4 && a->family != 6)
		w->in.bad = true;
}

/* Bytes that end the message, borrowed from the frame. */
static inline void
rest(struct wire *w, const uint8_t **p, uint32_t *len)
{
	if (w->out != NULL) {
		buf_bytes(w->out, *p, *len);
		return;
	}
	*len = (uint32_t)cursor_left(&w->in);
	*p = cursor_bytes(&w->in, *len);
}

/* A number that is one: what is unknown has no place in a profile. */
static inline void
f64(struct wire *w, double *v)
{
	if (w->out != NULL)
		buf_f64le(w->out, *v);
	else if (!isfinite(*v = cursor_f64le(&w->in)))
		w->in.bad = true;
}

/* Writing never changes the message, so taking its const away is safe. */
#define MSG_DEFINE(name) \
void \
msg_##name##_encode(struct buf *b, const struct msg_##name *m) \
{ \
	struct wire w = { .out = b }; \
	name##_fields(&w, (struct msg_##name *)(uintptr_t)m); \
} \
int \
msg_##name##_decode(struct msg_##name *m, const uint8_t *data, size_t len) \
{ \
	struct wire w = { .in = cursor_of(data, len) }; \
	name##_fields(&w, m); \
	return cursor_is_done(&w.in) ? 0 : -1; \
} \
int \
msg_##name##_send(struct ipc_channel *ch, uint16_t type, uint32_t token, const struct msg_##name *m, int fd) \
{ \
	struct buf b = { 0 }; \
	int	   rc; \
	msg_##name##_encode(&b, m); \
	rc = ipc_send(ch, type, token, b.data, b.len, fd); \
	buf_free(&b); \
	return rc; \
}

#endif
