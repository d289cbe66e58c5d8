/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hasher.c: see hasher.h. One datagram per question and per answer, in the order of asking. */
#include "dashboards/hasher.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/title.h"
#include "dashboards/users.h"

#define FRAME_MAX 2048

struct question {
	hasher_fn cb;
	void	 *arg;
};

struct hasher {
	struct loop    *loop;
	struct loop_io *io;
	int		fd;
	pid_t		pid;
	struct question waiting[HASHER_WAITING_MAX];	/* a ring, the oldest at first */
	size_t		first, n;
	void	      (*died)(void *);
	void	       *arg;
};

/* ---- the process ---- */

/* @return false for a frame that cannot be read */
static bool
answer(int fd, const uint8_t *frame, size_t len, unsigned cost)
{
	struct cursor c = cursor_of(frame, len);
	struct buf    out = { 0 };
	char password[PASSWORD_MAX + 1], hash[USER_HASH_MAX], next[PASSWORD_MAX + 1],
	    made[USER_HASH_MAX] = "";
	bool	      fits;

	cursor_str(&c, password, sizeof(password));
	cursor_str(&c, hash, sizeof(hash));
	cursor_str(&c, next, sizeof(next));
	if (!cursor_is_done(&c))
		return false;
	fits = password_fits(password, hash, cost);
	if (fits && next[0] != '\0' && password_hash(next, cost, made) == -1)
		made[0] = '\0';
	explicit_bzero(password, sizeof(password));
	explicit_bzero(next, sizeof(next));
	buf_u8(&out, fits);
	buf_str(&out, made);
	send(fd, out.data, out.len, MSG_NOSIGNAL);
	buf_free(&out);
	return true;
}

static void
work(int fd, unsigned cost, pid_t parent)
{
	uint8_t frame[FRAME_MAX];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	dup2(fd, STDIN_FILENO);
	close_range(STDERR_FILENO + 1, ~0U, 0);
	title_set("simpul-web", "passwords");
	log_open("simpul-web", "passwords");
	secrets_protect();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);	/* the end of the socket is the end */
	if (sandbox_enter(SANDBOX_CHECK, -1) == -1)
		_exit(EXIT_FAILURE);
	while ((n = recv(STDIN_FILENO, frame, sizeof(frame), 0)) > 0 || (n == -1 && errno == EINTR))
		if (n > 0 && !answer(STDIN_FILENO, frame, (size_t)n, cost))
			break;
	explicit_bzero(frame, sizeof(frame));
	_exit(EXIT_SUCCESS);
}

/* ---- the server's side ---- */

static void
take_answer(struct hasher *h, const uint8_t *frame, size_t len)
{
	struct cursor	c = cursor_of(frame, len);
	struct question q;
	char		hash[USER_HASH_MAX];
	bool		fits = cursor_u8(&c) == 1;

	cursor_str(&c, hash, sizeof(hash));
	if (h->n == 0)
		return;
	q = h->waiting[h->first];
	h->first = (h->first + 1) % HASHER_WAITING_MAX;
	h->n--;
	q.cb(q.arg, fits && cursor_is_done(&c), hash);
}

static void
on_answer(void *arg, int events)
{
	struct hasher *h = arg;
	uint8_t	       frame[FRAME_MAX];
	ssize_t	       n = recv(h->fd, frame, sizeof(frame), MSG_DONTWAIT);

	(void)events;
	if (n > 0) {
		take_answer(h, frame, (size_t)n);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		log_warnx("the process that checks passwords has ended");
		loop_io_events(h->io, 0);
		h->died(h->arg);
	}
}

struct hasher *
hasher_new(struct loop *l, unsigned cost, void (*died)(void *), void *arg)
{
	struct hasher *h = xcalloc(1, sizeof(*h));
	pid_t	       parent = getpid();
	int	       fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) == -1 || (h->pid = fork()) == -1)
		fatal("cannot start the process that checks passwords");
	if (h->pid == 0)
		work(fd[1], cost, parent);
	close(fd[1]);
	h->loop = l;
	h->fd = fd[0];
	h->died = died;
	h->arg = arg;
	h->io = loop_io_new(l, h->fd, LOOP_READ, on_answer, h);
	return h;
}

void
hasher_free(struct hasher *h)
{
	struct question q;

	if (h == NULL)
		return;
	while (h->n > 0) {
		q = h->waiting[h->first];
		h->first = (h->first + 1) % HASHER_WAITING_MAX;
		h->n--;
		q.cb(q.arg, false, "");
	}
	loop_io_free(h->io);
	close(h->fd);
	free(h);
}

int
hasher_ask(struct hasher *h, const char *password, const char *hash, const char *next, hasher_fn cb,
    void *arg)
{
	struct buf b = { 0 };
	ssize_t	   n;

	if (h->n == HASHER_WAITING_MAX)
		return -1;
	buf_str(&b, password);
	buf_str(&b, hash);
	buf_str(&b, next != NULL ? next : "");
	n = send(h->fd, b.data, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	explicit_bzero(b.data, b.len);
	buf_free(&b);
	if (n == -1)
		return -1;
	h->waiting[(h->first + h->n++) % HASHER_WAITING_MAX] = (struct question){ cb, arg };
	return 0;
}

size_t
hasher_waiting(const struct hasher *h)
{
	return h->n;
}
