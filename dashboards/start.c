/* SPDX-License-Identifier: GPL-3.0-or-later */
/* start.c: see start.h. */
#include "dashboards/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"

#include "base/log.h"
#include "base/sandbox.h"
#include "proc/check.h"

#define CLOCK_NS NS_PER_S
#define CERTIFICATE_NS	   (5 * NS_PER_S)
#define OWN_CERTIFICATE_NS (3600 * NS_PER_S)
#define SPARE_FDS 128
#define NAMES_MAX 70
#define FOLDER_SIZE 4096

struct starting {		/* what the stages remember; the head is what all use */
	struct web  web;
	const char *conf_path;
	const char *root;
	int	    out_fd;		/* -1: closed */
	char	    host[256];
	const char *names[NAMES_MAX];	/* what a certificate of our own is good for; ends with NULL */
	int64_t	    certificate_ns, own_ns;	/* when to look after them next */
};

static struct starting *
starting_of(struct web *w)
{
	return (struct starting *)w;
}

struct web *
web_new(struct loop *l, const char *conf_path, const char *root, int out_fd)
{
	struct starting *s = xcalloc(1, sizeof(*s));

	s->web.loop = l;
	s->web.state_fd = s->web.listen_fd = -1;
	s->conf_path = conf_path;
	s->root = root;
	s->out_fd = out_fd;
	return &s->web;
}

/* Who waits for the end of our output shall not wait for the end of the server. */
static void
out_close(struct starting *s)
{
	if (s->out_fd != -1)
		close(s->out_fd);
	s->out_fd = -1;
}

void
web_free(struct web *w)
{
	tls_free(w->tls);
	static_free(w->files);
	users_free(&w->users);
	if (w->state_fd != -1)
		close(w->state_fd);
	if (w->listen_fd != -1)
		close(w->listen_fd);
	conf_free(w->conf);
	out_close(starting_of(w));
	free(starting_of(w));
}

/* ---- settings ---- */

static void
on_conf_error(void *arg, unsigned line, unsigned column, const char *text)
{
	log_warnx("%s:%u:%u: %s", (const char *)arg, line, column, text);
}

/* Our own file, read before anybody connects: it needs no check process. */
int
web_settings(struct web *w)
{
	const char *path = starting_of(w)->conf_path;
	char	   *text = NULL, err[200];
	size_t	    len;
	int	    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1) {
		log_warn("cannot read %s", path);
		return -1;
	}
	if (check_read(fd, CONF_BYTES_MAX, &text, &len, err, sizeof(err)) == -1)
		log_warnx("%s: %s", path, err);
	else
		w->conf = conf_parse(text, len, on_conf_error, (void *)path);
	close(fd);
	free(text);
	if (w->conf == NULL)
		return -1;
	w->cost = (unsigned)conf_int(w->conf, "web.password_cost");
	w->root = starting_of(w)->root != NULL ? starting_of(w)->root : conf_text(w->conf, "web.root");
	if (w->root[0] == '\0')
		w->root = PKGDATADIR "/web";
	if ((conf_text(w->conf, "web.cert")[0] == '\0') == (conf_text(w->conf, "web.key")[0] == '\0'))
		return 0;
	log_warnx("web.cert and web.key belong together: give both, or none");
	return -1;
}

/* ---- premises ---- */

static int
state_open(struct web *w)
{
	const char *dir = conf_text(w->conf, "web.state_dir");
	struct stat st;
	uid_t	    uid;
	gid_t	    gid;
	bool	    made;

	if (privileges_ids(conf_text(w->conf, "web.user"), &uid, &gid) == -1)
		return -1;
	made = mkdir(dir, 0700) == 0;
	w->state_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->state_fd == -1 || (made && fchown(w->state_fd, uid, gid) == -1) ||
	    fstat(w->state_fd, &st) == -1) {
		log_warn("cannot use the state directory %s", dir);
		return -1;
	}
	if (st.st_uid == uid && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0;
	log_warnx(
	    "the state directory %s must belong to the server's user and be closed to all others (mode 0700)",
	    dir);
	return -1;
}

static void
descriptors_raise(const struct web *w)
{
	struct rlimit r;
	rlim_t	      want = (rlim_t)conf_int(w->conf, "web.max_connections") + SPARE_FDS;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max != RLIM_INFINITY && r.rlim_max < want ? r.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &r) == -1 || r.rlim_cur < want)
		log_warnx("web.max_connections needs %llu open files, more than this process may have",
		    (unsigned long long)want);
}

int
web_premises(struct web *w)
{
	if (state_open(w) == -1)
		return -1;
	descriptors_raise(w);
	w->port = (uint16_t)conf_int(w->conf, "web.port");
	w->listen_fd = http_listen(conf_text(w->conf, "web.listen"), &w->port);
	return w->listen_fd != -1 ? 0 : -1;
}

int
web_privileges(struct web *w)
{
	secrets_protect();
	return privileges_drop(conf_text(w->conf, "web.user"));
}

/* ---- materials ---- */

struct first {
	unsigned cost;
	char	 password[ONE_TIME_SIZE];
	bool	 made;
};

static int
add_first(void *arg, struct users *u, char *err, size_t err_size)
{
	struct first *f = arg;
	struct user  *user;

	if (u->n > 0)
		return USERS_SAME;	/* a full disk does not keep the server from starting */
	user = users_add(u, "admin");
	user->role = USER_ADMIN;
	user->must_change = true;
	password_one_time(f->password);
	if (password_hash(f->password, f->cost, user->hash) == -1) {
		snprintf(err, err_size, "no password hash can be made");
		return -1;
	}
	f->made = true;
	return 0;
}

/* Nobody yet: an administrator with a password that is told here, once, and good for one log-in. */
static int
first_admin(struct web *w)
{
	struct first f = { .cost = w->cost };
	char	     err[200];

	if (users_update_patiently(w->state_fd, add_first, &f, NULL, err, sizeof(err)) != 0) {
		log_warnx("state directory %s: %s", conf_text(w->conf, "web.state_dir"), err);
		return -1;
	}
	if (f.made && dprintf(starting_of(w)->out_fd,
	    "simpul-web: first start. Log in as admin with the one-time password %s\n", f.password) < 0)
		log_warn("cannot say admin's password; give another: simpulctl user password admin");
	out_close(starting_of(w));
	explicit_bzero(&f, sizeof(f));
	return 0;
}

/* Who is added anew under the name of one who was removed is a stranger. */
static void
places_sweep(struct web *w)
{
	if (login_sweep(w->login, &w->users))
		places_save(w->login, w->state_fd, loop_mono_ns(w->loop), loop_wall_ns(w->loop));
}

void
web_users_reload(struct web *w)
{
	struct users u;
	struct stat  st;
	char	     err[200];

	if (users_load(&u, w->state_fd, &st, err, sizeof(err)) == -1) {
		if (st.st_ino != w->users_st.st_ino || st.st_mtim.tv_nsec != w->users_st.st_mtim.tv_nsec)
			log_warnx("%s; the users stay as they were", err);
		w->users_st = st;
		return;
	}
	users_free(&w->users);
	w->users = u;
	w->users_st = st;
	if (w->sessions == NULL)
		return;			/* not yet serving */
	sessions_sweep(w->sessions, &w->users, loop_mono_ns(w->loop));
	places_sweep(w);
}

void
web_users_watch(struct web *w)
{
	if (users_changed(w->state_fd, &w->users_st))
		web_users_reload(w);
}

static void
names_choose(struct starting *s)
{
	const struct conf *c = s->web.conf;
	size_t		   n = 0, i;

	s->names[n++] = "localhost";
	s->names[n++] = "127.0.0.1";
	s->names[n++] = "::1";
	if (gethostname(s->host, sizeof(s->host) - 1) == 0 && s->host[0] != '\0')
		s->names[n++] = s->host;
	for (i = 0; i < conf_count(c, "web.names") && n < NAMES_MAX - 1; i++)
		s->names[n++] = conf_word(c, "web.names", i);
	s->names[n] = NULL;
}

static int64_t
wall_s(const struct web *w)
{
	return loop_wall_ns(w->loop) / NS_PER_S;
}

/* Without one that was given us there is one of our own, and it is young enough. */
static int
own_certificate(struct web *w)
{
	if (conf_text(w->conf, "web.cert")[0] != '\0')
		return 0;
	return tls_self_signed(w->state_fd, starting_of(w)->names, wall_s(w));
}

static int
tls_open(struct web *w)
{
	const char *cert = conf_text(w->conf, "web.cert"), *dir = conf_text(w->conf, "web.state_dir");
	char	    own_cert[300], own_key[300];

	names_choose(starting_of(w));
	if (own_certificate(w) == -1)
		return -1;
	snprintf(own_cert, sizeof(own_cert), "%s/%s", dir, TLS_CERT);
	snprintf(own_key, sizeof(own_key), "%s/%s", dir, TLS_KEY);
	if (cert[0] != '\0')
		w->tls = tls_new(cert, conf_text(w->conf, "web.key"), http_conn_gone);
	else
		w->tls = tls_new(own_cert, own_key, http_conn_gone);
	return w->tls != NULL ? 0 : -1;
}

static void
certificate_watch(struct web *w)
{
	struct starting *s = starting_of(w);
	int64_t		 now_ns = loop_mono_ns(w->loop);

	if (now_ns >= s->own_ns) {
		s->own_ns = now_ns + OWN_CERTIFICATE_NS;
		own_certificate(w);
	}
	if (now_ns >= s->certificate_ns) {
		s->certificate_ns = now_ns + CERTIFICATE_NS;
		tls_watch(w->tls, wall_s(w));
	}
}

int
web_materials(struct web *w)
{
	if (first_admin(w) == -1 || tls_open(w) == -1)
		return -1;
	web_users_reload(w);
	w->files = static_load(w->root);
	return 0;
}

/* ---- processes and rights ---- */

static void
on_hasher_died(void *arg)
{
	struct web *w = arg;

	loop_stop(w->loop, -1);		/* who started us starts us again */
}

int
web_passwords(struct web *w)
{
	w->hasher = hasher_new(w->loop, w->cost, on_hasher_died, w);
	return 0;
}

/* The directories of the certificate and of its key: renewed, they are other files of the same names. */
static const char *
folder_of(const char *path, char *out, size_t size)
{
	char *slash;

	if (text_copy(out, size, path) == -1 || (slash = strrchr(out, '/')) == NULL)
		return ".";
	*(slash == out ? slash + 1 : slash) = '\0';
	return out;
}

/* A link's own folder, and that of the file to which it leads, as certbot has them. */
static const char **
folders_of(const char *path, char own[FOLDER_SIZE], char led[FOLDER_SIZE], const char **out)
{
	char *real = realpath(path, NULL);

	*out++ = folder_of(path, own, FOLDER_SIZE);
	if (real != NULL)
		*out++ = folder_of(real, led, FOLDER_SIZE);
	free(real);
	return out;
}

int
web_sandbox(struct web *w)
{
	const char *cert = conf_text(w->conf, "web.cert"), *paths[5] = { NULL }, **next = paths;
	char	    folder[4][FOLDER_SIZE];

	if (cert[0] != '\0') {
		next = folders_of(cert, folder[0], folder[1], next);
		folders_of(conf_text(w->conf, "web.key"), folder[2], folder[3], next);
	}
	return sandbox_enter_reading(SANDBOX_WEB, w->state_fd, paths);
}

/* ---- serving ---- */

static void
on_changed(void *arg, const struct city *c, int rows)
{
	struct web *w = arg;

	streams_tell(w->streams, c, rows);
}

static void
on_connected(void *arg, bool connected)
{
	struct web *w = arg;

	(void)connected;
	if (w->streams != NULL)
		streams_tell_engine(w->streams);
}

static void
on_session_ended(void *arg, struct session *s)
{
	struct web *w = arg;

	if (w->streams != NULL)
		streams_session_ended(w->streams, s);
}

static void
on_clock(void *arg)
{
	struct web *w = arg;

	web_users_watch(w);
	certificate_watch(w);
	sessions_sweep(w->sessions, &w->users, loop_mono_ns(w->loop));
	loop_timer_set(w->loop, &w->clock, loop_mono_ns(w->loop) + CLOCK_NS, on_clock, w);
}

static void
on_hangup(void *arg)
{
	struct web *w = arg;

	own_certificate(w);
	tls_reload(w->tls);
	web_users_reload(w);
}

static void
on_end(void *arg)
{
	struct web *w = arg;

	loop_stop(w->loop, 0);
}

int
web_serve(struct web *w)
{
	const struct http_settings set = {
		.max_connections = (unsigned)conf_int(w->conf, "web.max_connections"),
		.max_per_address = (unsigned)conf_int(w->conf, "web.max_per_address"),
	};
	const struct mirror_calls calls = { on_changed, on_connected, w };

	w->sessions = sessions_new(on_session_ended, w);
	siphash_key_new(&w->key);
	w->login = login_new(&w->key);
	places_load(w->login, w->state_fd, loop_mono_ns(w->loop), loop_wall_ns(w->loop));
	places_sweep(w);
	w->mirror = mirror_new(w->loop, conf_text(w->conf, "web.socket"), &calls);
	w->streams = streams_new(w->loop, w->mirror, (unsigned)conf_int(w->conf, "web.max_streams"));
	w->http = http_new(w->loop, w->tls, w->listen_fd, &set, web_on_request, w);
	w->listen_fd = -1;
	loop_signal(w->loop, SIGHUP, on_hangup, w);
	loop_signal(w->loop, SIGTERM, on_end, w);
	loop_signal(w->loop, SIGINT, on_end, w);
	on_clock(w);
	log_info("serving https://%s:%u/ with %zu page files", conf_text(w->conf, "web.listen"), w->port,
	    static_count(w->files));
	return 0;
}

/* Whoever waits is answered first: by the engine's absence, and by passwords that do not fit. */
void
web_stop(struct web *w)
{
	struct streams *streams = w->streams;

	hasher_free(w->hasher);
	w->hasher = NULL;
	w->streams = NULL;
	streams_free(streams);
	mirror_free(w->mirror);
	http_free(w->http);
	sessions_free(w->sessions);
	login_free(w->login);
	loop_timer_cancel(w->loop, &w->clock);
}
