/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * static.h: the files of the pages, read into memory at the start: no request ever reaches the file system.
 * A file x may have x.br and x.gz beside it, its own contents compressed.
 */
#ifndef SIMPUL_STATIC_H
#define SIMPUL_STATIC_H

#include "base/base.h"

struct static_body {
	uint8_t *data;		/* NULL: there is none of this kind */
	size_t	 len;
};

enum static_coding { STATIC_PLAIN, STATIC_GZIP, STATIC_BROTLI, STATIC_CODINGS };
extern const char *const static_coding_names[STATIC_CODINGS];	/* as in Content-Encoding; NULL for plain */

struct static_file {
	char		  *path;		/* "/assets/app-1a2b.js" */
	const char	  *type;
	char		   etag[40];		/* quoted */
	bool		   immutable;		/* its name changes with its contents */
	struct static_body body[STATIC_CODINGS];
};

struct static_files;

/**
 * Read a folder and what lies below it.
 * @return owned; empty (which is logged) when the folder cannot be read
 */
struct static_files *static_load(const char *root);
void	static_free(struct static_files *f);	/* NULL is allowed */
/** @return the file of exactly this path, or NULL */
const struct static_file *static_find(const struct static_files *f, const char *path);
size_t	static_count(const struct static_files *f);
/** The best coding that this Accept-Encoding (NULL: none) allows and the file has. */
enum static_coding static_choose(const struct static_file *file, const char *accept);

#endif
