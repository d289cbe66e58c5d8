/* SPDX-License-Identifier: GPL-3.0-or-later */
/* start.h: the stages of simpul-web's start, each 0 or -1 after saying why, and of its end. */
#ifndef SIMPUL_WEB_START_H
#define SIMPUL_WEB_START_H

#include "dashboards/web.h"

/**
 * @param conf_path  borrowed for ever
 * @param root	     the pages' folder, or NULL
 * @param out_fd     who started us reads there; taken
 */
struct web *web_new(struct loop *l, const char *conf_path, const char *root, int out_fd);
void	web_free(struct web *w);

int	web_settings(struct web *w);
int	web_premises(struct web *w);	/* state directory, listening socket: last work with rights */
int	web_privileges(struct web *w);
int	web_materials(struct web *w);	/* users, certificate, pages */
int	web_passwords(struct web *w);	/* the process beside */
int	web_sandbox(struct web *w);
int	web_serve(struct web *w);
void	web_stop(struct web *w);

#endif
