/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ctl_rig.h: the control socket on a real socket and a real loop, in front of a core that only pretends: its
 * objects are made here, and what ctl asks it to do is answered by the test. A `talk` is a client.
 */
#ifndef SIMPUL_TEST_CTL_RIG_H
#define SIMPUL_TEST_CTL_RIG_H

#include <sys/un.h>

#include "core/conf.h"
#include "core/discover.h"
#include "core/peers.h"
#include "ctl/ctl.h"
#include "ctl/js.h"
#include "live/core.h"
#define TAP_SEVERAL_FILES
#include "tests/unit/tap.h"

#define SITES 7

struct fake {
	struct core	core;		/* first: what ctl knows of it */
	struct site_live site[SITES];
	struct link_live link[SITES];
	struct link_live *line[SITES];
	struct site_live *site_at[SITES];
	struct link_live *link_at[SITES];
	struct incident	incident;
	struct { core_store_fn cb; void *arg; bool open; } store[64];	/* by token - 1 */
	uint32_t	tokens, forgotten;
	uint16_t	asked;		/* type of the last message to store */
	bool		store_away;
	struct msg_discover discover;	/* the last one asked for */
	core_discover_fn discover_cb;
	void	       *discover_arg;
	unsigned	discoveries_forgotten;
	bool		measure_away;
	core_reload_fn	reload_cb;
	void	       *reload_arg;
	struct loop    *loop;
	struct ctl     *ctl;
	struct sockaddr_un address;
	char		dir[32];	/* of the socket */
};

struct talk {
	struct fake	 *f;
	int		  fd;
	struct loop_io	 *io;
	struct loop_timer patience;
	struct buf	  in;
	bool		  closed;
};

#define SERIES(id, ref) \
	"{\"id\":" id ",\"op\":\"series\",\"refs\":[\"" ref "\"],\"from\":1795222800,\"to\":1795226400}"
#define STATUS(id) "{\"id\":" id ",\"op\":\"status\"}"

struct fake *fake_new(void);
void	fake_free(struct fake *f);
struct talk *talk_new(struct fake *f);
void	talk_free(struct talk *t);
/** The next line, owned; NULL when there will be none. */
json_t *hear(struct talk *t);
/** Let the loop run for a while. */
void	wait_ms(struct talk *t, int64_t ms);
void	send_bytes(struct talk *t, const char *bytes, size_t len);
void	say(struct talk *t, const char *line);
json_t *ask(struct talk *t, const char *line);
/** Text at a path such as "items.0.id"; "" when there is none. Numbers and truths are written out. */
const char *at(json_t *v, const char *path, char out[200]);
/** Ask, and compare what stands at a path of the answer. */
void	expect(struct talk *t, const char *line, const char *path, const char *want, const char *name);
/** Give store's answer to a request: rows of one column, then the end. */
void	store_answers(struct fake *f, uint32_t token, uint32_t rows, bool good);
/** The end of store's answer alone. */
void	store_end(struct fake *f, uint32_t token, const struct msg_end *end);

#endif
