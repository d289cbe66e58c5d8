/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ops_store.c: what the store process has to answer: series, flush.
 *
 * The answer to a series request comes as several frames of rows and an end; it is put together here and
 * given as one line.
 */
#include "ctl/client.h"

#include <stdlib.h>

#include "core/peers.h"
#include "ctl/find.h"
#include "ctl/js.h"

#define VALUES_MAX 20000	/* of one answer: keeps it below a line's 1 MiB */

struct store_call {
	struct call call;
	uint32_t    token;	/* 0: nothing to wait for any more */
	size_t	    columns;	/* series: */
	uint32_t    step_s;
	json_t	   *t;		/* ends of intervals, unix seconds */
	json_t	   *v[SERIES_READ_MAX];
};

static void
store_call_free(struct call *call)
{
	struct store_call *sc = (struct store_call *)call;
	size_t		   i;

	if (sc->token != 0)
		core_store_forget(call->client->ctl->core, sc->token);
	json_decref(sc->t);
	for (i = 0; i < sc->columns; i++)
		json_decref(sc->v[i]);
	free(sc);
}

static const char *
words_of(const struct msg_end *end)
{
	return end->error[0] != '\0' ? end->error : "store did not say why";
}

/* Send the request, or refuse when store is away. */
static void
ask_store(struct client *cl, const struct request *r, struct store_call *sc, uint16_t type,
    const struct buf *b, core_store_fn cb)
{
	sc->call.free = store_call_free;
	call_open(&sc->call, cl, r->id);
	if ((sc->token = core_store_send(cl->ctl->core, type, b->data, b->len, cb, sc)) != 0)
		return;
	client_refuse(cl, r->id, "busy", "the store process is just being restarted; try again in a second");
	call_end(&sc->call);
}

/* The last frame, or NULL for a store that has gone. @return true when all is well; else it was refused */
static bool
store_ended(struct store_call *sc, const struct ipc_msg *msg, struct msg_end *end)
{
	struct client *cl = sc->call.client;

	if (msg == NULL || msg->type == IPC_SERIES_END)
		sc->token = 0;
	if (msg == NULL)
		client_refuse(cl, sc->call.id, "busy", "the store process has ended meanwhile; try again");
	else if (msg_end_decode(end, msg->data, msg->len) == -1)
		client_refuse(cl, sc->call.id, "internal", "store gave an answer that cannot be read");
	else if (!end->ok)
		client_refuse(cl, sc->call.id, end->busy ? "busy" : "internal", "%s", words_of(end));
	else
		return true;
	return false;
}

/* ---- series ---- */

/* 0, or -1 when the frame does not fit the request. */
static int
take_rows(struct store_call *sc, const struct msg_series_rows *rows)
{
	struct cursor c = cursor_of(rows->values, (size_t)rows->rows * rows->columns * sizeof(double));
	uint32_t      i;
	size_t	      k;

	if (rows->columns != sc->columns || (json_array_size(sc->t) + rows->rows) * sc->columns > VALUES_MAX)
		return -1;
	sc->step_s = rows->step_s;
	for (i = 0; i < rows->rows; i++) {
		json_array_append_new(sc->t, json_integer(rows->first_s + (json_int_t)i * rows->step_s));
		for (k = 0; k < sc->columns; k++)
			json_array_append_new(sc->v[k], js_number(cursor_f64le(&c)));
	}
	return 0;
}

static void
answer_series(struct store_call *sc)
{
	json_t *columns = json_array();
	size_t	i;

	for (i = 0; i < sc->columns; i++)
		json_array_append(columns, sc->v[i]);
	client_answer(sc->call.client, sc->call.id, json_pack("{s:I, s:O, s:o}", "step_s",
	    (json_int_t)sc->step_s, "t", sc->t, "v", columns));
}

static void
series_frame(void *arg, const struct ipc_msg *msg)
{
	struct store_call     *sc = arg;
	struct msg_series_rows rows;
	struct msg_end	       end;

	if (msg != NULL && msg->type == IPC_SERIES_ROWS) {
		if (msg_series_rows_decode(&rows, msg->data, msg->len) == 0 && take_rows(sc, &rows) == 0)
			return;
		client_refuse(sc->call.client, sc->call.id, "too_large",
		    "more than %d values; ask for fewer points", VALUES_MAX);
	} else if (store_ended(sc, msg, &end)) {
		if (end.count == json_array_size(sc->t))
			answer_series(sc);
		else
			client_refuse(sc->call.client, sc->call.id, "internal",
			    "%zu of the %u rows of store's answer have come", json_array_size(sc->t),
			    end.count);
	}
	call_end(&sc->call);
}

/* 0, or -1 after refusing. */
static int
read_request(struct client *cl, const struct request *r, struct msg_series_read *m)
{
	static const char *const cfs[] = { "AVERAGE", "MIN", "MAX" };
	const char		*cf = request_text(r, "cf"), *ref;
	char			 why[REQUEST_WHY_MAX];
	size_t			 i;

	*m = (struct msg_series_read){ .from_s = request_int(r, "from", 0), .to_s = request_int(r, "to", 0),
		.points = (uint32_t)request_int(r, "points", 600) };
	text_copy(m->cf, sizeof(m->cf), cf != NULL ? cf : cfs[0]);
	for (i = 0; i < nitems(cfs) && strcmp(cfs[i], m->cf) != 0; i++)
		;
	if (i == nitems(cfs) || m->from_s >= m->to_s) {
		client_refuse(cl, r->id, "bad_request", "%s",
		    i == nitems(cfs) ? "\"cf\" must be AVERAGE, MIN or MAX" :
		    "\"from\" must be before \"to\"");
		return -1;
	}
	for (; (ref = request_item(r, "refs", m->n)) != NULL; m->n++) {
		if (series_ref_check(cl->ctl->core, ref, why, sizeof(why)) == -1) {
			client_refuse(cl, r->id, "not_found", "%s", why);
			return -1;
		}
		text_copy(m->ref[m->n], sizeof(m->ref[m->n]), ref);
	}
	if (m->points * m->n > VALUES_MAX) {
		client_refuse(cl, r->id, "too_large", "%u points of %u series are more than %d values",
		    m->points, m->n, VALUES_MAX);
		return -1;
	}
	return 0;
}

void
op_series(struct client *cl, const struct request *r, const struct actor *who)
{
	struct msg_series_read m;
	struct store_call     *sc;
	struct buf	       b = { 0 };
	size_t		       i;

	(void)who;
	if (read_request(cl, r, &m) == -1)
		return;
	sc = xcalloc(1, sizeof(*sc));
	sc->columns = m.n;
	sc->step_s = 60;
	sc->t = json_array();
	for (i = 0; i < sc->columns; i++)
		sc->v[i] = json_array();
	msg_series_read_encode(&b, &m);
	ask_store(cl, r, sc, IPC_SERIES_READ, &b, series_frame);
	buf_free(&b);
}

/* ---- flush ---- */

static void
flush_frame(void *arg, const struct ipc_msg *msg)
{
	struct store_call *sc = arg;
	struct msg_end	   end;

	if (store_ended(sc, msg, &end))
		client_answer(sc->call.client, sc->call.id,
		    json_pack("{s:I}", "files", (json_int_t)end.count));
	call_end(&sc->call);
}

/*
 * Objects that have a file: links, and hosts and ports behind a device. "device/x" is the host of that
 * device.
 */
static int
flush_ref(const struct core *c, const char *name, char *ref, size_t size)
{
	struct object o;

	if (strncmp(name, "port/", 5) == 0)
		return map_get(c->port_by_ref, name) != NULL ? text_copy(ref, size, name) : -1;
	if (strncmp(name, "host/", 5) == 0)
		name += 5;
	if (object_find(c, name, &o) == -1 || (o.kind != OBJECT_LINK && o.kind != OBJECT_DEVICE))
		return -1;
	snprintf(ref, size, "%s/%s", o.kind == OBJECT_LINK ? "link" : "host",
	    o.kind == OBJECT_LINK ? o.link->link->id : o.device->device->id);
	return 0;
}

void
op_flush(struct client *cl, const struct request *r, const struct actor *who)
{
	const char	 *name = request_text(r, "object");
	struct msg_flush  m = { .ref = "" };
	struct buf	  b = { 0 };

	(void)who;
	if (name != NULL && flush_ref(cl->ctl->core, name, m.ref, sizeof(m.ref)) == -1) {
		op_not_found(cl, r, name);
		return;
	}
	msg_flush_encode(&b, &m);
	ask_store(cl, r, xcalloc(1, sizeof(struct store_call)), IPC_FLUSH, &b, flush_frame);
	buf_free(&b);
}
