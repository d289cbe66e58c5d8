/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_user.c: simpulctl user: who may log in to simpul-web. It edits the server's file of users, which the
 * server notices; neither server nor engine need to run.
 */
#include "ctl/command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dashboards/users.h"

#define STATE_DIR "/var/lib/simpul-web"
#define INPUT_SIZE (PASSWORD_MAX + 2)	/* a byte more than may be: a longer one is seen */

enum { OPT_ROLE = 256, OPT_SITES, OPT_STATE, OPT_ONCE };

struct request {
	const char    *state, *name;
	enum user_role role;
	char	      *sites;		/* "s013,s014"; NULL: not given */
	bool	       has_role, once;
	char	       password[INPUT_SIZE], hash[USER_HASH_MAX];
};

static bool
take_option(void *arg, int c, const char *value)
{
	struct request *r = arg;

	if (c == OPT_STATE)
		r->state = value;
	else if (c == OPT_ONCE)
		r->once = true;
	else if (c == OPT_SITES)
		r->sites = xstrdup(value);
	else {
		r->role = user_role_of(value);
		r->has_role = true;
		if (r->role == USER_ROLES) {
			complain("the role must be admin, noc, planner or opd");
			return false;
		}
	}
	return true;
}

/* ---- passwords ---- */

static bool
read_line(char *out, size_t size)
{
	size_t len;

	if (fgets(out, (int)size, stdin) == NULL)
		return false;
	len = strcspn(out, "\n");
	out[len] = '\0';
	return true;
}

/* From the terminal without showing it, twice; else the first line of standard input. */
static bool
ask_password(char *out, size_t size)
{
	struct termios before, silent;
	char	       again[INPUT_SIZE] = "";
	bool	       good;

	if (tcgetattr(STDIN_FILENO, &before) == -1)
		return read_line(out, size);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	fputs("New password: ", stderr);
	good = read_line(out, size);
	fputs("\nThe same again: ", stderr);
	good = good && read_line(again, sizeof(again));
	fputc('\n', stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	if (good && strcmp(out, again) != 0) {
		complain("the two differ");
		good = false;
	}
	explicit_bzero(again, sizeof(again));
	return good;
}

static void
set_password(struct user *user, const struct request *r)
{
	text_copy(user->hash, sizeof(user->hash), r->hash);
	user->must_change = r->once;
}

/* Before the file is locked, as the server refuses changes meanwhile: the answer, and the hash, take a while. */
static int
choose_password(struct request *r)
{
	const char *fault;

	if (r->once) {
		password_one_time(r->password);
	} else if (!ask_password(r->password, sizeof(r->password))) {
		complain("no password was given");
		return -1;
	} else if ((fault = password_fault(r->password, r->name)) != NULL) {
		complain("%s", fault);
		return -1;
	}
	if (password_hash(r->password, PASSWORD_COST, r->hash) == 0)
		return 0;
	complain("no password hash can be made");
	return -1;
}

/* ---- changes ---- */

static int
take_sites(struct user *user, char *list, char *err, size_t err_size)
{
	const char *site[USER_SITES_MAX];
	char	   *word, *save = NULL;
	size_t	    n = 0;

	for (word = strtok_r(list, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		if (n == USER_SITES_MAX || !text_is_id(word)) {
			snprintf(err, err_size,
			    n == USER_SITES_MAX ? "more than %d sites" : "a site is no id", USER_SITES_MAX);
			return -1;
		}
		site[n++] = word;
	}
	user_set_sites(user, site, n);
	return 0;
}

static int
change_add(void *arg, struct users *u, char *err, size_t err_size)
{
	struct request *r = arg;
	struct user    *user;

	if (users_find(u, r->name) != NULL) {
		snprintf(err, err_size, "there is a user %s already", r->name);
		return -1;
	}
	if ((user = users_add(u, r->name)) == NULL) {
		snprintf(err, err_size, "there are %d users, which is all that may be", USERS_MAX);
		return -1;
	}
	user->role = r->role;
	if (r->sites != NULL && take_sites(user, r->sites, err, err_size) == -1)
		return -1;
	set_password(user, r);
	return 0;
}

static int
change_password(void *arg, struct users *u, char *err, size_t err_size)
{
	struct request *r = arg;
	struct user    *user = users_find(u, r->name);

	if (user == NULL) {
		snprintf(err, err_size, "there is no user %s", r->name);
		return -1;
	}
	set_password(user, r);
	return 0;
}

static int
change_remove(void *arg, struct users *u, char *err, size_t err_size)
{
	struct request *r = arg;
	struct user    *user = users_find(u, r->name);

	if (user == NULL) {
		snprintf(err, err_size, "there is no user %s", r->name);
		return -1;
	}
	users_remove(u, user);
	return 0;
}

static int
state_open(const struct request *r)
{
	int fd = open(r->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		return fd;
	complain("cannot open %s: %s", r->state, strerror(errno));
	complain_hint(
	    "it is the state directory of simpul-web, made at its first start; elsewhere: --state DIR");
	return -1;
}

static void
say_wait(void)
{
	fputs("somebody else is changing the users; waiting\n", stderr);
}

static enum exit_code
change(struct request *r, int (*how)(void *, struct users *, char *, size_t))
{
	char err[200];
	int  fd = state_open(r), rc;

	if (fd == -1)
		return EXIT_FAILED;
	rc = users_update_patiently(fd, how, r, say_wait, err, sizeof(err));
	close(fd);
	if (rc == 0)
		return EXIT_DONE;
	complain("%s", err);
	return EXIT_FAILED;
}

/* ---- what is said ---- */

static enum exit_code
said(struct cli *cli, const struct request *r, const char *what, enum exit_code rc)
{
	if (rc != EXIT_DONE)
		return rc;
	term_printf(&cli->term, &cli->out, TINT_NONE, "%s %s", r->name, what);
	buf_u8(&cli->out, '\n');
	if (r->once) {
		term_printf(&cli->term, &cli->out, TINT_NONE,
		    "one-time password, to be changed at the first log-in: %s", r->password);
		buf_u8(&cli->out, '\n');
	}
	return rc;
}

static enum exit_code
list(struct cli *cli, const struct request *r)
{
	struct users u;
	struct stat  st;
	char	     err[200];
	size_t	     i, k;
	int	     fd = state_open(r), rc;

	if (fd == -1)
		return EXIT_FAILED;
	rc = users_load(&u, fd, &st, err, sizeof(err));
	close(fd);
	if (rc == -1) {
		complain("%s", err);
		return EXIT_FAILED;
	}
	for (i = 0; i < u.n; i++) {
		term_printf(&cli->term, &cli->out, TINT_NONE, "%-20s %-8s", u.user[i].name,
		    user_role_names[u.user[i].role]);
		for (k = 0; k < u.user[i].nsites; k++)
			term_printf(&cli->term, &cli->out, TINT_NONE, " %s", u.user[i].site[k]);
		term_text(&cli->term, &cli->out, TINT_DIM, u.user[i].must_change ?
		    " (must change the password)" : "");
		buf_u8(&cli->out, '\n');
	}
	users_free(&u);
	return EXIT_DONE;
}

static enum exit_code
run(struct cli *cli, struct request *r, const char *what)
{
	if (strcmp(what, "list") == 0)
		return list(cli, r);
	if (r->name == NULL)
		return command_usage(cli, "name the user");
	if (!user_name_is_good(r->name))
		return command_usage(cli, "a name is 1 to 63 of a-z, 0-9, \".\", \"_\", \"-\"");
	if (strcmp(what, "remove") == 0)
		return said(cli, r, "may not log in any more", change(r, change_remove));
	if (strcmp(what, "add") == 0 && !r->has_role)
		return command_usage(cli, "say which --role: admin, noc, planner or opd");
	if (strcmp(what, "add") == 0 && (r->role == USER_OPD) != (r->sites != NULL))
		return command_usage(cli, "an opd, and nobody else, has --sites, such as s013,s014");
	if (strcmp(what, "add") != 0 && strcmp(what, "password") != 0)
		return command_usage(cli, "there is no \"%s\"", what);
	if (choose_password(r) == -1)
		return EXIT_FAILED;
	if (strcmp(what, "add") == 0)
		return said(cli, r, "may log in", change(r, change_add));
	return said(cli, r, "has another password", change(r, change_password));
}

enum exit_code
cmd_user(struct cli *cli, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "role", required_argument, NULL, OPT_ROLE },
		{ "sites", required_argument, NULL, OPT_SITES },
		{ "state", required_argument, NULL, OPT_STATE },
		{ "once", no_argument, NULL, OPT_ONCE },
		{ 0 }
	};
	struct request r = { .state = STATE_DIR };
	enum exit_code rc;
	int	       at = command_options(cli, argc, argv, longs, take_option, &r, &rc);

	if (at != -1) {
		r.name = at + 1 < argc ? argv[at + 1] : NULL;
		rc = run(cli, &r, argv[at]);
	}
	explicit_bzero(r.password, sizeof(r.password));
	explicit_bzero(r.hash, sizeof(r.hash));
	free(r.sites);
	return rc;
}
