/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term.c: see term.h. Text of devices and people goes through text_visible() here, so no command can forget
 * it.
 */
#include "ctl/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/text.h"

#define LINE_MAX_BYTES 4096

static void __attribute__((format(printf, 2, 0)))
write_error(const char *before, const char *fmt, va_list ap)
{
	char text[1024], visible[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	fprintf(stderr, "%s%s\n", before, text_visible(visible, sizeof(visible), text, strlen(text)));
}

void
complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_error("simpulctl: ", fmt, ap);
	va_end(ap);
}

void
complain_hint(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	write_error("  ", fmt, ap);
	va_end(ap);
}

void
term_look(struct term *t, int fd)
{
	struct winsize ws;
	const char    *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	t->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	t->colour = isatty(fd) && (no_color == NULL || *no_color == '\0');
	t->width = 0;
	if (isatty(fd))
		t->width = ioctl(fd, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 ? ws.ws_col : 80;
}

int
term_cells(const struct term *t, const char *text)
{
	mbstate_t state = { 0 };
	wchar_t	  wc;
	size_t	  n;
	int	  cells = 0;

	if (!t->utf8) {
		for (; *text != '\0'; text++)
			cells += ((uint8_t)*text & 0xc0) != 0x80;
		return cells;
	}
	for (; (n = mbrtowc(&wc, text, MB_CUR_MAX, &state)) != 0; text += n) {
		if (n == (size_t)-1 || n == (size_t)-2)
			return cells;
		cells += wcwidth(wc) > 0 ? wcwidth(wc) : 0;
	}
	return cells;
}

static void
begin_tint(const struct term *t, struct buf *out, enum tint tint)
{
	static const char *const codes[TINTS] = { "", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m",
		"\x1b[1m" };

	if (t->colour)
		buf_text(out, codes[tint]);
}

static void
end_tint(const struct term *t, struct buf *out, enum tint tint)
{
	if (t->colour && tint != TINT_NONE)
		buf_text(out, "\x1b[0m");
}

void
term_text(const struct term *t, struct buf *out, enum tint tint, const char *text)
{
	char visible[LINE_MAX_BYTES];

	text_visible(visible, sizeof(visible), text, strlen(text));
	begin_tint(t, out, tint);
	buf_text(out, visible);
	end_tint(t, out, tint);
}

void
term_printf(const struct term *t, struct buf *out, enum tint tint, const char *fmt, ...)
{
	char	text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_text(t, out, tint, text);
}

void
term_wrap(const struct term *t, struct buf *out, enum tint tint, int at, int indent, const char *text)
{
	char   visible[LINE_MAX_BYTES], word[LINE_MAX_BYTES];
	char  *p = text_visible(visible, sizeof(visible), text, strlen(text));
	int    cells, i;
	size_t len;
	bool   first = true;

	begin_tint(t, out, tint);
	for (; *p != '\0'; p += len + (p[len] == ' '), first = false) {
		len = strcspn(p, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, p);
		cells = term_cells(t, word);
		if (!first && t->width > 0 && at + 1 + cells > t->width) {
			buf_u8(out, '\n');
			for (i = 0; i < indent; i++)
				buf_u8(out, ' ');
			at = indent;
		} else if (!first) {
			buf_u8(out, ' ');
			at++;
		}
		buf_bytes(out, word, len);
		at += cells;
	}
	end_tint(t, out, tint);
	buf_u8(out, '\n');
}

const char *
term_dash(const struct term *t)
{
	return t->utf8 ? " \xc2\xb7 " : " - ";
}

/* ---- states ---- */

static const struct code {		/* in order of trouble */
	const char *name;
	enum tint   tint;
	const char *symbol, *ascii;
} codes[] = {
	{ "down",     TINT_BAD,  "\xe2\x9c\x96", "x" },		/* heavy multiplication x */
	{ "impacted", TINT_BAD,  "\xe2\x97\x8c", "~" },		/* dotted circle */
	{ "backup",   TINT_WARN, "\xe2\x97\x90", "b" },		/* half circle */
	{ "warn",     TINT_WARN, "\xe2\x96\xb2", "!" },		/* triangle */
	{ "unknown",  TINT_DIM,  "?",		 "?" },
	{ "ok",	      TINT_GOOD, "\xe2\x97\x8f", "+" },		/* full circle */
	{ "planned",  TINT_DIM,  "\xe2\x97\x8b", "-" },		/* empty circle */
};

static const struct code *
find_code(const char *name)
{
	size_t i;

	for (i = 0; i < nitems(codes); i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return &codes[4];
}

enum tint
code_tint(const char *code)
{
	return find_code(code)->tint;
}

const char *
code_symbol(const struct term *t, const char *code)
{
	return t->utf8 ? find_code(code)->symbol : find_code(code)->ascii;
}

int
code_rank(const char *code)
{
	return (int)(find_code(code) - codes);
}

char *
words_state(char *out, size_t size, const char *state)
{
	char *p;

	text_copy(out, size, state);
	for (p = out; *p != '\0'; p++)
		if (*p == '_')
			*p = ' ';
	return out;
}
