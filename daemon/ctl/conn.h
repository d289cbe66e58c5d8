/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conn.h: the client's end of the control socket: whole lines out, whole lines in. It says nothing to anybody:
 * remote.h puts into words what goes wrong, top.h shows it.
 */
#ifndef SIMPUL_CTL_CONN_H
#define SIMPUL_CTL_CONN_H

#include <jansson.h>
#include "base/cursor.h"

struct conn {
	int	   fd;		/* -1: closed */
	struct buf in;
};

/** @param flags  SOCK_NONBLOCK, or 0 @return 0, or -1 with errno */
int	conn_open(struct conn *c, const char *path, int flags);
void	conn_close(struct conn *c);	/* also when closed already */
/** @return 0, or -1: the other side has hung up */
int	conn_send(struct conn *c, const json_t *request);
/** Read once what has come, which may be nothing. @return 0, or -1: the other side has hung up */
int	conn_fill(struct conn *c);
/**
 * Take a line that is there.
 * @param line  owned by the caller; NULL when it is no JSON
 * @return	whether there was a line
 */
bool	conn_line(struct conn *c, json_t **line);

#endif
