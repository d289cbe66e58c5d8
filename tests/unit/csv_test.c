/* SPDX-License-Identifier: GPL-3.0-or-later */
/* csv_test.c: what a CSV text is cut into, and where its faults are. */
#include "model/csv.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define SEEN_MAX 4096

struct seen {
	char	 text[SEEN_MAX];	/* "1:a|b 2:c|d" and "!3:2 a word of the error" in order of arrival */
	size_t	 len, rows, errors;
	size_t	 stop_after;		/* rows; 0 = never */
	char	 first_error[300];
};

static void PRINTF_LIKE(2, 3)
seen_add(struct seen *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	s->len += (size_t)vsnprintf(s->text + s->len, SEEN_MAX - s->len, fmt, ap);
	va_end(ap);
	if (s->len >= SEEN_MAX)
		s->len = SEEN_MAX - 1;
}

static int
on_row(void *arg, unsigned line, const char *const *fields, size_t n)
{
	struct seen *s = arg;
	size_t	     i;

	s->rows++;
	seen_add(s, "%s%u:", s->len > 0 ? " " : "", line);
	for (i = 0; i < n; i++)
		seen_add(s, "%s%s", i > 0 ? "|" : "", fields[i]);
	return s->stop_after != 0 && s->rows == s->stop_after ? -1 : 0;
}

static void
on_error(void *arg, unsigned line, unsigned column, const char *text)
{
	struct seen *s = arg;

	if (s->errors++ == 0)
		snprintf(s->first_error, sizeof(s->first_error), "!%u:%u %s", line, column, text);
	seen_add(s, "%s!%u:%u %s", s->len > 0 ? " " : "", line, column, text);
}

static const struct {
	const char *name, *text;
	const char *want;	/* rows, exactly; or with an error: must be part of what was seen */
} cases[] = {
	{ "comma", "a,b\n1,2\n", "1:a|b 2:1|2" },
	{ "semicolon, as the header has it", "a;b\n1,5;2\n", "1:a|b 2:1,5|2" },
	{ "one column", "a\n1\n", "1:a 2:1" },
	{ "CRLF and no line end at the end", "a,b\r\n1,2\r\n3,4", "1:a|b 2:1|2 3:3|4" },
	{ "byte order mark", "\xef\xbb\xbf" "a,b\n1,2\n", "1:a|b 2:1|2" },
	{ "comments and blank lines before the header", "# one\n\n# two, \"x\n a,b\n1,2\n", "4: a|b 5:1|2" },
	{ "blank lines between rows", "a,b\n\n1,2\n\r\n\n", "1:a|b 3:1|2" },
	{ "# behind the header is data", "a,b\n#1,2\n", "1:a|b 2:#1|2" },
	{ "empty fields", "a,b,c\n,,\n", "1:a|b|c 2:||" },
	{ "quotes, doubled quotes, separator inside", "a,b\n\"x, \"\"y\"\"\",\"\"\n", "1:a|b 2:x, \"y\"|" },
	{ "line end inside quotes counts as a line", "a,b\n\"x\ny\",2\n3,4\n", "1:a|b 2:x\ny|2 4:3|4" },
	{ "quoted header with the other separator inside", "\"a;x\",b\n1,2\n", "1:a;x|b 2:1|2" },
	{ "spaces belong to the field", "a,b\n 1 ,2\n", "1:a|b 2: 1 |2" },

	{ "nothing at all", "", "!1:0 no header" },
	{ "comments only", "# x\n", "!2:0 no header" },
	{ "too few fields", "a,b,c\n1,2\n3,4,5\n", "1:a|b|c !2:3 2 fields, but the header has 3; give each row one field per column 3:3|4|5" },
	{ "too many fields", "a,b\n1,2,3\n", "!2:3 3 fields, but the header has 2" },
	{ "text after a closing quote", "a,b\n\"1\"x,2\n3,4\n", "!2:1 text after the closing quote of a field that opens in line 2" },
	{ "... and the next row is read", "a,b\n\"1\"x,2\n3,4\n", "3:3|4" },
	{ "... quote opened lines before", "a,b\n1,\"x\ny\"z\n", "!3:2 text after the closing quote of a field that opens in line 2" },
	{ "quote inside a field", "a,b\n1,5\" pipe\n", "!2:2 a quote inside a field; put the whole field in quotes" },
	{ "quote never closed", "a,b\n1,2\n3,\"4\n5,6\n", "!3:2 the quote that opens here is never closed" },
	{ "bare carriage return", "a,b\n1\r2,3\n", "!2:1 a carriage return without a line feed" },
	{ "bad UTF-8 (Latin-1)", "a,b\n1,caf\xe9\n", "!2:2 not UTF-8; save the file as \"CSV UTF-8\"" },
	{ "several errors in one file", "a,b\nx\xff,y\xff\n1\n", "!2:1 not UTF-8; save the file as \"CSV UTF-8\" !2:2 not UTF-8" },
	{ "bad header: nothing else is read", "a,\xff\n1,2\n", "!1:2 not UTF-8; save the file as \"CSV UTF-8\"" },
};

static void
test_cases(void)
{
	struct csv_reader r = { on_row, on_error, NULL };
	struct seen	  s;
	size_t		  i;
	int		  rc;

	for (i = 0; i < nitems(cases); i++) {
		s = (struct seen){ 0 };
		r.arg = &s;
		rc = csv_parse(cases[i].text, strlen(cases[i].text), &r);
		if (strchr(cases[i].want, '!') == NULL && s.errors == 0)
			is_text(s.text, cases[i].want, cases[i].name);
		else if (!ok(strstr(s.text, cases[i].want) != NULL, "%s", cases[i].name))
			printf("# got: %s\n", s.text);
		ok(rc == (s.errors == 0 ? 0 : -1), "... and the result says so");
	}
}

static void
test_nul(void)
{
	static const char text[] = "a,b\n1,x\0y\n";
	struct seen	  s = { 0 };
	struct csv_reader r = { on_row, on_error, &s };

	ok(csv_parse(text, sizeof(text) - 1, &r) == -1 && strstr(s.text, "!2:2 a NUL byte") != NULL, "NUL byte");
}

/* A file of `rows` rows "1,2", the first field of the last one made `wide` bytes long. Owned by the caller. */
static char *
file_make(size_t rows, size_t wide, size_t *len)
{
	char  *text = malloc(4 + rows * 4 + wide), *p = text;
	size_t i;

	p += sprintf(p, "a,b\n");
	for (i = 0; i < rows; i++) {
		if (i + 1 == rows && wide > 0) {
			memset(p, 'x', wide);
			p += wide;
			memcpy(p, ",2\n", 3);
			p += 3;
			break;
		}
		memcpy(p, "1,2\n", 4);
		p += 4;
	}
	*len = (size_t)(p - text);
	return text;
}

static void
test_bounds(void)
{
	static const struct {
		const char *name;
		size_t	    rows, wide;
		const char *error;	/* NULL: good */
	} bounds[] = {
		{ "100,000 rows", CSV_ROWS_MAX, 0, NULL },
		{ "100,001 rows", CSV_ROWS_MAX + 1, 0, "!100002:0 more than 100000 rows" },
		{ "a row of 65,536 bytes", 1, CSV_LINE_MAX - 3, NULL },
		{ "a row of more", 1, CSV_LINE_MAX + 100, "!2:1 row longer than 65536 bytes" },
	};
	struct seen	  s;
	struct csv_reader r = { on_row, on_error, &s };
	size_t		  i, len;
	char		 *text;

	for (i = 0; i < nitems(bounds); i++) {
		s = (struct seen){ 0 };
		text = file_make(bounds[i].rows, bounds[i].wide, &len);
		csv_parse(text, len, &r);
		if (bounds[i].error == NULL)
			ok(s.errors == 0 && s.rows == bounds[i].rows + 1, "%s", bounds[i].name);
		else
			ok(strncmp(s.first_error, bounds[i].error, strlen(bounds[i].error)) == 0, "%s", bounds[i].name);
		free(text);
	}
	ok(csv_parse("", CSV_BYTES_MAX + 1ul, &r) == -1, "more than 64 MiB");
}

static void
test_columns_max(void)
{
	char		  text[2 * CSV_FIELDS_MAX + 4];
	struct seen	  s = { 0 };
	struct csv_reader r = { on_row, on_error, &s };

	memset(text, ',', CSV_FIELDS_MAX);
	is_i64(csv_parse(text, CSV_FIELDS_MAX - 1, &r), 0, "64 columns");
	is_i64(csv_parse(text, CSV_FIELDS_MAX, &r), -1, "65 columns");
	ok(strstr(s.text, "more than 64 columns") != NULL, "... are said to be too many");
}

static void
test_stop(void)
{
	struct seen	  s = { .stop_after = 2 };
	struct csv_reader r = { on_row, on_error, &s };

	is_i64(csv_parse("a\n1\n2\n3\n", 8, &r), -1, "a reader can stop it");
	is_i64((int64_t)s.rows, 2, "... at once");
}

int
main(void)
{
	test_cases();
	test_nul();
	test_bounds();
	test_columns_max();
	test_stop();
	return tap_done();
}
