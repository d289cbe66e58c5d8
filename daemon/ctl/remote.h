/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remote.h: simpulctl's end of the control socket. What goes wrong is said here, in words for a person, with
 * its exit code.
 */
#ifndef SIMPUL_CTL_REMOTE_H
#define SIMPUL_CTL_REMOTE_H

#include <jansson.h>
#include "base/base.h"

enum exit_code { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_UNREACHABLE, EXIT_NOT_FOUND, EXIT_REFUSED,
    EXIT_TIMED_OUT };

struct remote;

/**
 * Connect and greet.
 * @param out	owned by the caller, remote_close()
 * @return	EXIT_DONE, or the exit code after saying why
 */
enum exit_code remote_open(const char *path, struct remote **out);
void	remote_close(struct remote *r);		/* NULL is allowed */

/**
 * Ask and wait for the answer.
 * @param request	object without "id"; taken
 * @param timeout_s	0 waits for ever
 * @param answer	owned by the caller when EXIT_DONE or, with what the engine said, when it refused;
 *		else NULL
 */
enum exit_code remote_ask(struct remote *r, json_t *request, int timeout_s, json_t **answer);
/**
 * Ask without waiting: answers come by remote_next(), with the "id" of what they answer.
 * @param request  object without "id"; taken
 */
enum exit_code remote_post(struct remote *r, json_t *request, int64_t *id);
/** Is this answer what was asked for? Says why not. */
enum exit_code remote_judge(const json_t *answer);
/** The next line that comes, such as an event. @param line  owned by the caller */
enum exit_code remote_next(struct remote *r, int timeout_s, json_t **line);

/** All items of a list, page by page. @param request  {"op":"list",...}; taken @param items  owned array */
enum exit_code remote_list(struct remote *r, json_t *request, json_t **items);

#endif
