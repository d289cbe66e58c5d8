/* SPDX-License-Identifier: GPL-3.0-or-later */
/* static.c: see static.h. */
#include "dashboards/static.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/map.h"

#define FILE_MAX  (8u << 20)
#define ALL_MAX	  (64u << 20)
#define FILES_MAX 2000
#define DEPTH_MAX 4

const char *const static_coding_names[STATIC_CODINGS] = { NULL, "gzip", "br" };

static const struct { const char *end, *type; } types[] = {
	{ ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" }, { ".json", "application/json" }, { ".svg", "image/svg+xml" },
	{ ".png", "image/png" }, { ".ico", "image/x-icon" }, { ".woff2", "font/woff2" },
	{ ".webmanifest", "application/manifest+json" }, { ".txt", "text/plain; charset=utf-8" },
};

struct static_files {
	struct map *by_path;
	size_t	    n, bytes;
};

static bool
ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

static const char *
type_of(const char *path)
{
	size_t i;

	for (i = 0; i < nitems(types); i++)
		if (ends_with(path, types[i].end))
			return types[i].type;
	return NULL;
}

static void
etag_make(struct static_file *file)
{
	uint8_t	 md[EVP_MAX_MD_SIZE];
	unsigned len = 0, i;

	EVP_Digest(file->body[STATIC_PLAIN].data, file->body[STATIC_PLAIN].len, md, &len, EVP_sha256(), NULL);
	file->etag[0] = '"';
	for (i = 0; i < 16; i++)
		snprintf(file->etag + 1 + 2 * i, 3, "%02x", md[i]);
	strcpy(file->etag + 33, "\"");
}

/* A regular file below dir_fd; data stays NULL when there is none of this name. 0, or -1 (logged). */
static int
body_read(struct static_files *f, int dir_fd, const char *name, struct static_body *b)
{
	struct stat st;
	ssize_t	    n;
	int	    fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX ||
	    f->bytes + (size_t)st.st_size > ALL_MAX) {
		log_warnx("page file %s is no regular file, or too large", name);
		close(fd);
		return -1;
	}
	b->data = xcalloc((size_t)st.st_size + 1, 1);
	n = read(fd, b->data, (size_t)st.st_size);
	b->len = n > 0 ? (size_t)n : 0;
	f->bytes += b->len;
	close(fd);
	return 0;
}

static void
file_free(struct static_file *file)
{
	int i;

	for (i = 0; i < STATIC_CODINGS; i++)
		free(file->body[i].data);
	free(file->path);
	free(file);
}

static void
file_add(struct static_files *f, int dir_fd, const char *dir, const char *name)
{
	static const char *const suffixes[STATIC_CODINGS] = { "", ".gz", ".br" };
	struct static_file	*file;
	char			 full[300];
	int			 i;

	if (type_of(name) == NULL || f->n == FILES_MAX)
		return;			/* what has no type is none of the pages' */
	file = xcalloc(1, sizeof(*file));
	for (i = 0; i < STATIC_CODINGS; i++) {
		snprintf(full, sizeof(full), "%s%s", name, suffixes[i]);
		if (body_read(f, dir_fd, full, &file->body[i]) == -1)
			break;
	}
	snprintf(full, sizeof(full), "%s/%s", dir, name);
	file->path = xstrdup(full);
	if (file->body[STATIC_PLAIN].data == NULL || map_add(f->by_path, file->path, file) == -1) {
		file_free(file);
		return;
	}
	file->type = type_of(name);
	file->immutable = strncmp(file->path, "/assets/", 8) == 0;
	etag_make(file);
	f->n++;
}

/* @param fd  taken */
static void
folder_add(struct static_files *f, int fd, const char *path, int depth)
{
	char	       full[256];
	DIR	      *dir = fdopendir(fd);
	struct dirent *e;
	struct stat    st;
	int	       sub;

	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || strlen(path) + strlen(e->d_name) + 8 > sizeof(full) ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (S_ISREG(st.st_mode)) {
			file_add(f, dirfd(dir), path, e->d_name);
		} else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			snprintf(full, sizeof(full), "%s/%s", path, e->d_name);
			sub = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (sub != -1)
				folder_add(f, sub, full, depth + 1);
		}
	}
	closedir(dir);
}

struct static_files *
static_load(const char *root)
{
	struct static_files *f = xcalloc(1, sizeof(*f));
	int		     fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	f->by_path = map_new();
	if (fd == -1)
		log_warn("no pages at %s: only the API is served", root);
	else
		folder_add(f, fd, "", 0);
	return f;
}

void
static_free(struct static_files *f)
{
	struct static_file *file;
	size_t		    at = 0;

	if (f == NULL)
		return;
	while ((file = map_next(f->by_path, &at)) != NULL) {
		map_remove(f->by_path, file->path);
		file_free(file);
	}
	map_free(f->by_path);
	free(f);
}

const struct static_file *
static_find(const struct static_files *f, const char *path)
{
	return map_get(f->by_path, path);
}

size_t
static_count(const struct static_files *f)
{
	return f->n;
}

/* Is this coding among those that are accepted, and not with a weight of 0? */
static bool
accepts(const char *accept, const char *coding)
{
	const char *p = accept, *q;
	size_t	    len, n = strlen(coding);

	for (; *p != '\0'; p += len + (p[len] == ',')) {
		p += strspn(p, " \t");
		len = strcspn(p, ",");
		if (len < n || strncasecmp(p, coding, n) != 0 || strchr(" \t;,", p[n]) == NULL)
			continue;
		q = memchr(p, ';', len);
		if (q == NULL || strncmp(q + 1 + strspn(q + 1, " \t"), "q=0", 3) != 0)
			return true;
		q += 1 + strspn(q + 1, " \t") + 3;
		return q[0] == '.' && strspn(q + 1, "0") < strspn(q + 1, "0123456789");
	}
	return false;
}

enum static_coding
static_choose(const struct static_file *file, const char *accept)
{
	int i;

	for (i = STATIC_CODINGS - 1; accept != NULL && i > STATIC_PLAIN; i--)
		if (file->body[i].data != NULL && accepts(accept, static_coding_names[i]))
			return (enum static_coding)i;
	return STATIC_PLAIN;
}
