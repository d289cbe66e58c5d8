/* SPDX-License-Identifier: GPL-3.0-or-later */
/* screen.c: see screen.h. */
#include "ctl/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Alternate screen, no cursor, lines are cut at the edge; and back. */
#define ENTER "\x1b[?1049h\x1b[?25l\x1b[?7l"
#define LEAVE "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

struct screen {
	struct termios before;
	sigset_t       mask_before;
	int	       signal_fd;
	char	       typed[64];
	size_t	       ntyped;
};

static int
write_all(const void *data, size_t len)
{
	const char *p = data;
	ssize_t	    n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDOUT_FILENO, p, len)) == -1) {
			if (errno != EINTR)
				return -1;
			n = 0;
		}
	return 0;
}

/* Keys come at once and unseen; ^C and ^Z still are signals. */
static int
enter(const struct screen *s)
{
	struct termios raw = s->before;

	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 ? write_all(ENTER, strlen(ENTER)) : -1;
}

static void
leave(const struct screen *s)
{
	write_all(LEAVE, strlen(LEAVE));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
}

static bool
terminal_is_usable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term != NULL && *term != '\0' &&
	    strcmp(term, "dumb") != 0;
}

struct screen *
screen_open(void)
{
	static const int signals[] = { SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT };
	struct screen	*s;
	sigset_t	 mask;
	struct termios	 before;
	size_t		 i;

	if (!terminal_is_usable() || tcgetattr(STDIN_FILENO, &before) == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->before = before;
	sigemptyset(&mask);
	for (i = 0; i < nitems(signals); i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, &s->mask_before);
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd != -1 && enter(s) == 0)
		return s;
	screen_close(s);
	return NULL;
}

void
screen_close(struct screen *s)
{
	if (s == NULL)
		return;
	leave(s);
	if (s->signal_fd != -1)
		close(s->signal_fd);
	sigprocmask(SIG_SETMASK, &s->mask_before, NULL);
	free(s);
}

void
screen_size(const struct screen *s, int *width, int *height)
{
	struct winsize ws;

	(void)s;
	*width = 80;
	*height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 && ws.ws_row > 0) {
		*width = ws.ws_col;
		*height = ws.ws_row;
	}
}

int
screen_draw(struct screen *s, const struct buf *page)
{
	/* Erased before it is written: after a full line the cursor still stands on its last character. */
	static const char home[] = "\x1b[H\x1b[K", next_line[] = "\r\n\x1b[K";
	struct buf	  b = { 0 };
	size_t		  i;
	int		  rc;

	(void)s;
	buf_text(&b, home);
	for (i = 0; i < page->len; i++)
		if (page->data[i] == '\n')
			buf_text(&b, next_line);
		else
			buf_u8(&b, page->data[i]);
	rc = write_all(b.data, b.len);
	buf_free(&b);
	return rc;
}

int
screen_signal_fd(const struct screen *s)
{
	return s->signal_fd;
}

/*
 * By SIGTSTP itself and not by SIGSTOP: where no shell could have us go on (ssh -t HOST simpulctl top) the kernel
 * takes no notice of it.
 */
static void
stop(void)
{
	sigset_t tstp;

	sigemptyset(&tstp);
	sigaddset(&tstp, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &tstp, NULL);
	sigprocmask(SIG_BLOCK, &tstp, NULL);
}

bool
screen_signal(struct screen *s)
{
	struct signalfd_siginfo si;

	while (read(s->signal_fd, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGTSTP) {
			leave(s);
			stop();
		}
		if (si.ssi_signo == SIGTSTP || si.ssi_signo == SIGCONT) {
			if (enter(s) == -1)
				return false;
		} else if (si.ssi_signo != SIGWINCH) {
			return false;
		}
	}
	return true;
}

int
screen_type(struct screen *s)
{
	ssize_t n = read(STDIN_FILENO, s->typed + s->ntyped, sizeof(s->typed) - s->ntyped);

	s->ntyped += n > 0 ? (size_t)n : 0;
	return n > 0 || (n == -1 && (errno == EINTR || errno == EAGAIN)) ? 0 : -1;
}

static enum key
key_of_letter(char c)
{
	static const struct { char c; enum key k; } letters[] = {
		{ 'q', KEY_QUIT }, { 'Q', KEY_QUIT }, { 3, KEY_QUIT }, { 'k', KEY_UP }, { 'j', KEY_DOWN },
		{ 'b', KEY_PAGE_UP }, { ' ', KEY_PAGE_DOWN }, { 'g', KEY_HOME }, { 'G', KEY_END },
		{ '\t', KEY_NEXT }, { '\r', KEY_ENTER }, { '\n', KEY_ENTER }, { 's', KEY_ORDER },
		{ 'a', KEY_ALL }, { 'i', KEY_INCIDENTS }, { 't', KEY_SITES }, { 'l', KEY_LINES },
		{ '\x1b', KEY_BACK },
	};
	size_t i;

	for (i = 0; i < nitems(letters); i++)
		if (letters[i].c == c)
			return letters[i].k;
	return KEY_NONE;
}

/* What follows ESC [ or ESC O. */
static enum key
key_of_sequence(const char *bytes, size_t n)
{
	static const struct { const char *bytes; enum key k; } sequences[] = {
		{ "A", KEY_UP }, { "B", KEY_DOWN }, { "C", KEY_NEXT }, { "D", KEY_PREVIOUS },
		{ "5~", KEY_PAGE_UP }, { "6~", KEY_PAGE_DOWN }, { "H", KEY_HOME }, { "F", KEY_END }, { "1~", KEY_HOME },
		{ "4~", KEY_END }, { "Z", KEY_PREVIOUS },
	};
	size_t i;

	for (i = 0; i < nitems(sequences); i++)
		if (strlen(sequences[i].bytes) == n && memcmp(sequences[i].bytes, bytes, n) == 0)
			return sequences[i].k;
	return KEY_NONE;
}

enum key
key_of(const char *bytes, size_t n, size_t *used)
{
	size_t end;

	if (n < 3 || bytes[0] != '\x1b' || (bytes[1] != '[' && bytes[1] != 'O')) {
		*used = n > 0;
		return n > 0 ? key_of_letter(bytes[0]) : KEY_NONE;
	}
	for (end = 2; end < n - 1 && (bytes[end] < '@' || bytes[end] > '~'); end++)
		;
	*used = end + 1;
	return key_of_sequence(bytes + 2, end - 1);
}

enum key
screen_key(struct screen *s)
{
	enum key k = KEY_NONE;
	size_t	 used;

	while (k == KEY_NONE && s->ntyped > 0) {
		k = key_of(s->typed, s->ntyped, &used);
		memmove(s->typed, s->typed + used, s->ntyped - used);
		s->ntyped -= used;
	}
	return k;
}
