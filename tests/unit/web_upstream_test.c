/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The server's end of the control socket before an engine that says hello and then reads nothing any more. */
#include "dashboards/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "tests/unit/tap.h"

#define ASKED	   12
#define TEXT_BYTES (256 * 1024)

struct bench {
	struct loop	*loop;
	struct upstream *upstream;
	struct loop_io	*listening;
	int		 listener, engine;
	char		 dir[40], path[64];
	unsigned	 failed;	/* questions that got NULL */
};

static void
failed(void *arg, const json_t *answer)
{
	struct bench *b = arg;

	b->failed += answer == NULL;
}

static void
up(void *arg, const json_t *hello)
{
	struct bench *b = arg;
	char	     *text = xcalloc(TEXT_BYTES, 1);
	unsigned      i;

	(void)hello;
	memset(text, 'x', TEXT_BYTES - 1);
	for (i = 0; i < ASKED; i++)
		upstream_ask(b->upstream, json_pack("{s:s, s:s}", "op", "get", "object", text), failed, b);
	free(text);
}

static void
down(void *arg)
{
	struct bench *b = arg;

	loop_stop(b->loop, 0);
}

static void
on_event(void *arg, const json_t *event)
{
	(void)arg, (void)event;
}

static void
on_connection(void *arg, int events)
{
	static const char hello[] = "{\"id\":0,\"ok\":true}\n";
	struct bench	 *b = arg;

	(void)events;
	b->engine = accept(b->listener, NULL, NULL);
	if (b->engine == -1 || send(b->engine, hello, sizeof(hello) - 1, MSG_NOSIGNAL) == -1)
		fatal("hello");
}

static void
listen_there(struct bench *b)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };

	if (mkdtemp(b->dir) == NULL)
		fatal("%s", b->dir);
	snprintf(b->path, sizeof(b->path), "%s/ctl.sock", b->dir);
	text_copy(sa.sun_path, sizeof(sa.sun_path), b->path);
	b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (b->listener == -1 || bind(b->listener, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    listen(b->listener, 4) == -1)
		fatal("%s", b->path);
	b->listening = loop_io_new(b->loop, b->listener, LOOP_READ, on_connection, b);
}

int
main(void)
{
	struct bench		    b = { .dir = "/tmp/simpul-web-up-XXXXXX", .loop = loop_new() };
	const struct upstream_calls calls = { up, down, on_event, &b };
	struct loop_timer	    patience = { 0 };

	log_quiet(true);
	listen_there(&b);
	b.upstream = upstream_new(b.loop, b.path, &calls);
	loop_timer_set(b.loop, &patience, loop_mono_ns(b.loop) + 60 * NS_PER_S, down, &b);
	loop_run(b.loop);
	loop_timer_cancel(b.loop, &patience);
	ok(!upstream_is_up(b.upstream), "an engine that reads nothing is left when much waits for it");
	is_i64(b.failed, ASKED, "and all who ask hear it");
	upstream_free(b.upstream);
	loop_io_free(b.listening);
	close(b.engine);
	close(b.listener);
	unlink(b.path);
	rmdir(b.dir);
	loop_free(b.loop);
	return tap_done();
}
