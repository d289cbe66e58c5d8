/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * top_feed.c: see top.h.
 *
 * All questions of a round go out at once, and the next round waits until all answers are there: an engine
 * that is slow or stopped has at most one round to answer, and when it goes on its answers are simply late. A
 * connection is given up only when the engine hangs up.
 */
#include "ctl/top.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/text.h"
#include "ctl/conn.h"

struct feed {
	const char     *path;
	struct conn	conn;
	struct top_data data, next;	/* shown; being answered */
	size_t		missing;	/* answers of this round */
	int64_t		round;		/* number of its first request */
	char		trouble[200];
};

void
top_data_free(struct top_data *d)
{
	size_t i;

	json_decref(d->status);
	for (i = 0; i < TOP_LISTS; i++)
		json_decref(d->items[i]);
	*d = (struct top_data){ 0 };
}

json_t *
top_request(size_t number, const size_t limit[TOP_LISTS])
{
	static const char *const by[TOP_LISTS] = { "severity", "trouble", "loss", "use" };

	if (number == TOP_LISTS)
		return json_pack("{s:s}", "op", "status");
	return json_pack("{s:s, s:s, s:I}", "op", "top", "by", by[number], "limit", (json_int_t)limit[number]);
}

void
top_take(struct top_data *d, size_t number, json_t *answer)
{
	struct timespec mono, wall;

	if (number == TOP_LISTS) {
		json_decref(d->status);
		d->status = json_incref(answer);
	} else {
		json_decref(d->items[number]);
		d->items[number] = json_incref(json_object_get(answer, "items"));
		d->total[number] = (size_t)json_integer_value(json_object_get(answer, "total"));
	}
	json_decref(answer);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &wall);
	d->mono_ns = mono.tv_sec * NS_PER_S + mono.tv_nsec;
	d->wall_ns = wall.tv_sec * NS_PER_S + wall.tv_nsec;
}

struct feed *
feed_new(const char *path, struct top_data *first)
{
	struct feed *f = xcalloc(1, sizeof(*f));

	f->path = path;
	f->conn.fd = -1;
	f->data = *first;
	*first = (struct top_data){ 0 };
	return f;
}

void
feed_free(struct feed *f)
{
	conn_close(&f->conn);
	top_data_free(&f->data);
	top_data_free(&f->next);
	free(f);
}

int
feed_fd(const struct feed *f)
{
	return f->conn.fd;
}

const struct top_data *
feed_data(const struct feed *f)
{
	return &f->data;
}

const char *
feed_trouble(const struct feed *f)
{
	return f->trouble;
}

static void
hang_up(struct feed *f, const char *why)
{
	text_copy(f->trouble, sizeof(f->trouble), why);
	conn_close(&f->conn);
	top_data_free(&f->next);
	f->missing = 0;
}

void
feed_ask(struct feed *f, const size_t limit[TOP_LISTS])
{
	json_t *request;
	size_t	i;

	if (f->conn.fd == -1 && conn_open(&f->conn, f->path, SOCK_NONBLOCK) == -1) {
		hang_up(f, strerror(errno));
		return;
	}
	if (f->missing > 0)
		return;
	f->round += TOP_REQUESTS;
	f->missing = TOP_REQUESTS;
	for (i = 0; i < TOP_REQUESTS && f->conn.fd != -1; i++) {
		request = top_request(i, limit);
		json_object_set_new(request, "id", json_integer(f->round + (json_int_t)i));
		if (conn_send(&f->conn, request) == -1)
			hang_up(f, "it has hung up");
		json_decref(request);
	}
}

/* One answer, taken. A refusal leaves the old data as it is, and is told. */
static void
take_line(struct feed *f, json_t *line)
{
	int64_t number = json_integer_value(json_object_get(line, "id")) - f->round;

	if (f->missing == 0 || number < 0 || number >= TOP_REQUESTS) {
		json_decref(line);
		hang_up(f, "it gives answers that nobody has asked for");
		return;
	}
	f->missing--;
	if (json_is_true(json_object_get(line, "ok"))) {
		top_take(&f->next, (size_t)number, line);
		return;
	}
	text_copy(f->trouble, sizeof(f->trouble), member_text(line, "error"));
	top_data_free(&f->next);
	json_decref(line);
}

/* Is every part of it there? */
static bool
is_whole(const struct top_data *d)
{
	size_t i;

	for (i = 0; i < TOP_LISTS; i++)
		if (d->items[i] == NULL)
			return false;
	return d->status != NULL;
}

/* The round is over. @return whether it has brought anything */
static bool
round_end(struct feed *f)
{
	if (!is_whole(&f->next)) {
		top_data_free(&f->next);
		return false;
	}
	top_data_free(&f->data);
	f->data = f->next;
	f->next = (struct top_data){ 0 };
	f->trouble[0] = '\0';
	return true;
}

bool
feed_read(struct feed *f)
{
	json_t *line;
	bool	news = false;

	if (conn_fill(&f->conn) == -1)
		hang_up(f, "it has hung up");
	while (f->conn.fd != -1 && conn_line(&f->conn, &line)) {
		if (line == NULL)
			hang_up(f, "it does not speak JSON");
		else
			take_line(f, line);
		if (f->conn.fd != -1 && f->missing == 0)
			news = round_end(f) || news;
	}
	return news;
}
