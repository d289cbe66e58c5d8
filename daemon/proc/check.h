/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * check.h: the short-lived process that parses configuration and inventory (DESIGN 1, THREATS 2).
 * It gets descriptors, checks everything, and sends typed rows to core only when all of it is right.
 */
#ifndef SIMPUL_CHECK_H
#define SIMPUL_CHECK_H

#include "base/conf.h"
#include "model/inventory.h"

struct check_input {
	char	name[200];	/* for messages */
	char   *text;		/* NULL: the file is absent (allowed for devices, services, segments) */
	size_t	len;
};

struct check_profile {
	char	     name[PROFILE_NAME_MAX];
	size_t	     file;		/* place among the inputs */
	struct conf *conf;
};

struct check_result {
	struct conf	 *conf;		/* owned; NULL when errors > 0 */
	struct inventory *inv;		/* owned; NULL when errors > 0 */
	struct check_profile *profile;	/* owned; none when errors > 0 */
	size_t		  nprofiles;
	uint32_t	  errors, rows;	/* rows of the inventory */
};

/**
 * Check all inputs together. Pure: no I/O.
 * @param profile	the files of profiles/; without any, what the inventory says of profiles is not judged
 * @param error	called for every error found (file, line, column, sentence with the remedy)
 */
void	check_all(struct check_result *r, const struct check_input in[INPUT_KINDS], const struct check_input *profile,
	    size_t nprofiles, void (*error)(void *arg, const struct msg_conf_error *e), void *arg);
/** The same without profiles. */
void	check_inputs(struct check_result *r, const struct check_input in[INPUT_KINDS],
	    void (*error)(void *arg, const struct msg_conf_error *e), void *arg);
void	check_result_free(struct check_result *r);

/** Read a regular file of at most max bytes from a descriptor. 0, or -1 with a sentence in err. */
int	check_read(int fd, size_t max, char **text, size_t *len, char *err, size_t err_size);

/**
 * Main of the check child (already forked; it sets its own limits and enters its sandbox).
 * The parent sends: CHANNEL to core (none at the engine's first check, before core exists), a FILE per input that exists (profiles: any number) or a
 * CONF_ERROR if it cannot be opened, CONF_END. The answer on parent_fd: a CONF_ERROR per error, or ENGINE and an INSTANCE per measure instance; last CONF_END.
 * To core: what check_send() sends, or the errors and CONF_END.
 * @return the exit code: 0 when all is right, else 1
 */
int	check_main(int parent_fd);

/**
 * Check a configuration and the inventory beside it as the engine would, in a child with the same limits. Errors go to standard
 * error as file:line:column: sentence, a summary of one line to standard output. A child that dies is an error, too.
 * @return the exit code: 0 when all is right, else 1
 */
int	check_files(const char *conf_path);

/** Send a checked result over a channel to core: every setting and row, then CONF_END (also used by --single and stories). */
void	check_send(struct ipc_channel *core, const struct check_result *r);
/** An INSTANCE for each measuring instance. */
void	check_send_instances(struct ipc_channel *to, const struct conf *conf);
/** What the parent must know of the group "engine" before core reads it. */
struct msg_engine check_engine(const struct conf *conf);
/** What the last frame says: errors, or how many rows of each kind there are. */
struct msg_conf_end check_end(const struct check_result *r);

#endif
