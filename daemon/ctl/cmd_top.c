/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_top.c: simpulctl top: what stands out in the city now, on a page that keeps itself up to date.
 *
 * Nothing in the loop waits for the engine, so keys work and the age of what is shown grows while it is away.
 */
#include "ctl/top.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define EVERY_S	  2
#define REDRAW_NS NS_PER_S	/* ages grow */

struct top_opts {
	int64_t every_s;
	bool	once;
};

struct top {
	struct screen  *screen;
	struct feed    *feed;
	struct top_view view;
	int64_t		due_ns;		/* monotonic: ask again */
};

static int64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static bool
top_option(void *arg, int c, const char *value)
{
	struct top_opts *o = arg;

	if (c == 'o') {
		o->once = true;
		return true;
	}
	if (text_to_i64(value, 1, 3600, &o->every_s) == 0)
		return true;
	complain("--every takes a number of seconds from 1 to 3600");
	return false;
}

/* The first look, which may wait, and says what is wrong. */
static enum exit_code
look(struct cli *cli, const struct top_view *v, struct top_data *d)
{
	enum exit_code rc = EXIT_DONE;
	size_t	       limit[TOP_LISTS], i;
	json_t	      *answer;

	*d = (struct top_data){ 0 };
	top_limits(v, limit);
	for (i = 0; i < TOP_REQUESTS && rc == EXIT_DONE; i++) {
		rc = cli_ask(cli, top_request(i, limit), ASK_TIMEOUT_S, &answer);
		if (rc == EXIT_DONE)
			top_take(d, i, answer);
		else
			json_decref(answer);
	}
	return rc;
}

static void
show_json(struct cli *cli, const struct top_data *d)
{
	json_t *v = json_pack("{s:O, s:O, s:O, s:O, s:O}", "status", d->status, "incidents",
	    d->items[TOP_INCIDENTS], "trouble", d->items[TOP_SITES], "loss", d->items[TOP_LOSS], "use",
	    d->items[TOP_USE]);

	json_object_del(json_object_get(v, "status"), "id");
	json_object_del(json_object_get(v, "status"), "ok");
	cli_json(cli, v);
	json_decref(v);
}

static enum exit_code
show_once(struct cli *cli)
{
	struct top_view view = { .every_s = EVERY_S, .trouble = "" };
	struct top_data d;
	enum exit_code	rc = look(cli, &view, &d);

	view.term = cli->term;	/* with the time of the connection */
	if (rc == EXIT_DONE && cli->json)
		show_json(cli, &d);
	else if (rc == EXIT_DONE)
		top_page(&view, &d, &cli->out);
	top_data_free(&d);
	return rc;
}

/* ---- live ---- */

static int
draw(struct top *t)
{
	const struct top_data *d = feed_data(t->feed);
	struct buf	       page = { 0 };
	int		       rc;

	screen_size(t->screen, &t->view.term.width, &t->view.height);
	t->view.age_ns = now_ns(CLOCK_MONOTONIC) - d->mono_ns;
	t->view.term.now_ns = d->wall_ns;
	t->view.trouble = feed_trouble(t->feed);
	top_page(&t->view, d, &page);
	rc = screen_draw(t->screen, &page);
	buf_free(&page);
	return rc;
}

/* @return false: end */
static bool
take_keys(struct top *t)
{
	enum key k;

	if (screen_type(t->screen) == -1)
		return false;
	while ((k = screen_key(t->screen)) != KEY_NONE) {
		if (!top_key(&t->view, feed_data(t->feed), k))
			return false;
		t->due_ns = 0;		/* other rows are wanted now */
	}
	return true;
}

static void
ask_when_due(struct top *t)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	size_t	limit[TOP_LISTS];

	if (now < t->due_ns)
		return;
	top_limits(&t->view, limit);
	feed_ask(t->feed, limit);
	t->due_ns = now + t->view.every_s * NS_PER_S;
}

/* Until something comes, or it is time to ask or to draw. @return false: end */
static bool
wait_and_take(struct top *t)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = screen_signal_fd(t->screen), .events = POLLIN },
		{ .fd = feed_fd(t->feed), .events = POLLIN } };
	int64_t	      wait = t->due_ns - now_ns(CLOCK_MONOTONIC);

	if (wait > REDRAW_NS)
		wait = REDRAW_NS;
	poll(p, nitems(p), wait > 0 ? (int)(wait / NS_PER_MS) + 1 : 0);
	if (p[2].revents != 0)
		feed_read(t->feed);
	if (p[1].revents != 0 && !screen_signal(t->screen))
		return false;
	return p[0].revents == 0 || take_keys(t);
}

static enum exit_code
show_live(struct cli *cli, int64_t every_s)
{
	struct top	t = { 0 };
	struct top_data first;
	enum exit_code	rc;

	t.view = (struct top_view){ .term = cli->term, .focus = TOP_SITES, .every_s = every_s, .trouble = "" };
	screen_size(NULL, &t.view.term.width, &t.view.height);
	if ((rc = look(cli, &t.view, &first)) == EXIT_DONE && (t.screen = screen_open()) == NULL)
		rc = command_usage(cli, "top needs a terminal; elsewhere: simpulctl top --once");
	if (rc == EXIT_DONE) {
		t.feed = feed_new(cli->socket, &first);
		t.due_ns = now_ns(CLOCK_MONOTONIC) + every_s * NS_PER_S;
		while (draw(&t) == 0 && wait_and_take(&t))
			ask_when_due(&t);
		feed_free(t.feed);
		screen_close(t.screen);
	}
	top_data_free(&first);
	return rc;
}

enum exit_code
cmd_top(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = { { "every", required_argument, NULL, 'e' },
		{ "once", no_argument, NULL, 'o' }, { 0 } };
	struct top_opts		   o = { .every_s = EVERY_S };
	enum exit_code		   rc;

	if (command_options(cli, argc, argv, longs, top_option, &o, &rc) == -1)
		return rc;
	return o.once || cli->json ? show_once(cli) : show_live(cli, o.every_s);
}
