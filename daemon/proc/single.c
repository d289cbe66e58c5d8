/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * single.c: the engine in one process (single.h).
 *
 * What parent.c does with forks, socketpairs and CHANNEL frames happens here with ipc_pair() and plain calls.
 * Parts are built downwards along the pipe's dependencies and stopped in the parent's order: who produces
 * stops first.
 */
#include "proc/single.h"

#include <stdlib.h>

#include "base/log.h"

struct single {
	struct loop	    *loop;
	struct measure	   **measure;
	const char	   **name;	/* of each instance; borrowed like measure_opts.instance */
	size_t		     nmeasure;
	struct store	    *store;
	struct core	    *core;
	struct publish	    *publish;	/* NULL: replaced by the caller */
	struct ipc_channel  *parent_end;	/* our end of core's channel to the parent */
	void		   (*reload)(void *arg);
	void		    *reload_arg;
};

static void
parent_message(void *arg, struct ipc_channel *ch, const struct ipc_msg *msg)
{
	struct single *s = arg;

	(void)ch;
	if (msg->type == IPC_RELOAD && s->reload != NULL)
		s->reload(s->reload_arg);
}

static void
parent_closed(void *arg, struct ipc_channel *ch, const char *why)
{
	struct single *s = arg;

	log_warnx("core has closed its channel to the parent: %s", why);
	ipc_free(ch);
	s->parent_end = NULL;
}

static void
join_measure(struct single *s, size_t i)
{
	struct ipc_channel *ours, *theirs;

	ipc_pair(s->loop, &ours, "store", &theirs, s->name[i]);
	measure_attach(s->measure[i], PROCESS_STORE, "", ours);
	store_attach(s->store, PROCESS_MEASURE, s->name[i], theirs);
	ipc_pair(s->loop, &ours, "core", &theirs, s->name[i]);
	measure_attach(s->measure[i], PROCESS_CORE, "", ours);
	core_attach(s->core, PROCESS_MEASURE, s->name[i], theirs);
}

static void
join_all(struct single *s, struct ipc_channel **publish_end)
{
	struct ipc_channel *ours, *theirs;
	size_t		    i;

	ipc_pair(s->loop, &ours, "parent", &s->parent_end, "core");
	core_attach(s->core, PROCESS_PARENT, "", ours);
	ipc_handlers(s->parent_end, parent_message, parent_closed, s);

	ipc_pair(s->loop, &ours, "store", &theirs, "core");
	core_attach(s->core, PROCESS_STORE, "", ours);
	store_attach(s->store, PROCESS_CORE, "", theirs);

	ipc_pair(s->loop, &ours, "publish", &theirs, "core");
	core_attach(s->core, PROCESS_PUBLISH, "", ours);
	if (publish_end != NULL)
		*publish_end = theirs;
	else
		publish_attach(s->publish, PROCESS_CORE, "", theirs);

	for (i = 0; i < s->nmeasure; i++)
		join_measure(s, i);
}

struct single *
single_new(struct loop *l, const struct single_opts *o)
{
	struct single *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->reload = o->reload;
	s->reload_arg = o->reload_arg;
	s->measure = xcalloc(o->nmeasure, sizeof(struct measure *));
	s->name = xcalloc(o->nmeasure, sizeof(*s->name));

	if ((s->store = store_new(l, &o->store)) == NULL || (s->core = core_new(l, &o->core)) == NULL)
		goto fail;
	if (o->publish_end == NULL && (s->publish = publish_new(l, &o->publish)) == NULL)
		goto fail;
	for (s->nmeasure = 0; s->nmeasure < o->nmeasure; s->nmeasure++) {
		s->name[s->nmeasure] = o->measure[s->nmeasure].instance;
		s->measure[s->nmeasure] = measure_new(l, &o->measure[s->nmeasure]);
		if (s->measure[s->nmeasure] == NULL)
			goto fail;
	}
	join_all(s, o->publish_end);
	return s;
fail:
	single_free(s);		/* the part has said why */
	return NULL;
}

void
single_feed(struct single *s, const struct check_result *r)
{
	struct ipc_channel *ours, *theirs;

	ipc_pair(s->loop, &ours, "check", &theirs, "core");
	core_attach(s->core, PROCESS_CHECK, "", ours);
	check_send(theirs, r);
	ipc_free(theirs);	/* what was sent still arrives, then end of file, as with a check child */
}

struct core *
single_core(struct single *s)
{
	return s->core;
}

void
single_free(struct single *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->nmeasure; i++)
		measure_stop(s->measure[i]);
	if (s->core != NULL)
		core_stop(s->core);
	if (s->publish != NULL)
		publish_stop(s->publish);
	if (s->store != NULL)
		store_stop(s->store);

	for (i = 0; i < s->nmeasure; i++)
		measure_free(s->measure[i]);
	core_free(s->core);
	publish_free(s->publish);
	store_free(s->store);
	ipc_free(s->parent_end);
	free(s->measure);
	free(s->name);
	free(s);
}
