/* SPDX-License-Identifier: GPL-3.0-or-later */
/* log.c: one line, one write, to standard error (systemd's journal or a terminal reads it there). */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LOG_LINE_MAX 1024	/* with its line break */
#define CUT	     "...\n"

/* The one exception to "no file-level state": who speaks is a property of the process, not of an instance. */
static struct {
	const char *program;
	char	    process[48];
	char	    debug_tag[48];
	bool	    quiet;
} self = { .program = "simpul" };

void
log_open(const char *program, const char *process)
{
	self.program = program;
	text_copy(self.process, sizeof(self.process), process != NULL ? process : "");
}

void
log_debug_tag(const char *tag)
{
	text_copy(self.debug_tag, sizeof(self.debug_tag), tag);
}

void
log_quiet(bool quiet)
{
	self.quiet = quiet;
}

static void __attribute__((format(printf, 3, 0)))
write_line(const char *level, int error, const char *fmt, va_list ap)
{
	char	raw[LOG_LINE_MAX], visible[4 * LOG_LINE_MAX], line[LOG_LINE_MAX + 1];
	int	n;
	ssize_t	ignored;

	n = vsnprintf(raw, sizeof(raw), fmt, ap);
	if (n < 0)
		return;
	text_visible(visible, sizeof(visible), raw, strlen(raw));
	n = snprintf(line, sizeof(line), "%s%s%s%s: %s%s%s%s\n", self.program, self.process[0] != '\0' ? "[" : "",
	    self.process, self.process[0] != '\0' ? "]" : "", level, visible, error != 0 ? ": " : "",
	    error != 0 ? strerror(error) : "");
	if (n > LOG_LINE_MAX) {
		n = LOG_LINE_MAX - (int)strlen(CUT);
		while (((unsigned char)line[n] & 0xc0) == 0x80)		/* not within a character of UTF-8 */
			n--;
		memcpy(line + n, CUT, strlen(CUT));
		n += (int)strlen(CUT);
	}
	/* A log that cannot be written has nowhere to complain. */
	ignored = write(STDERR_FILENO, line, (size_t)n);
	(void)ignored;
}

#define WRITE_LINE(level, error, fmt) do {		\
	va_list ap_;					\
	va_start(ap_, fmt);				\
	write_line(level, error, fmt, ap_);		\
	va_end(ap_);					\
} while (0)

void
log_debug(const char *tag, const char *fmt, ...)
{
	if (strcmp(self.debug_tag, "all") != 0 && strcmp(self.debug_tag, tag) != 0)
		return;
	WRITE_LINE("debug: ", 0, fmt);
}

void
log_info(const char *fmt, ...)
{
	if (!self.quiet)
		WRITE_LINE("", 0, fmt);
}

void
log_warn(const char *fmt, ...)
{
	int error = errno;

	WRITE_LINE("warning: ", error, fmt);
	errno = error;
}

void
log_warnx(const char *fmt, ...)
{
	WRITE_LINE("warning: ", 0, fmt);
}

void
fatal(const char *fmt, ...)
{
	int error = errno;

	WRITE_LINE("fatal: ", error, fmt);
	exit(EXIT_FAILURE);
}

void
fatalx(const char *fmt, ...)
{
	WRITE_LINE("fatal: ", 0, fmt);
	exit(EXIT_FAILURE);
}

bool
log_limit_pass(struct log_limit *l, int64_t now_mono_ns, uint32_t *left_out)
{
	if (l->next_ns != 0 && now_mono_ns < l->next_ns) {
		l->left_out++;
		return false;
	}
	*left_out = l->left_out;
	l->left_out = 0;
	l->next_ns = now_mono_ns + 60 * NS_PER_S;
	return true;
}
