/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.h: the parts of simpulctl status (cmd_status.c) that top shows, too; all are written to cli->out. */
#ifndef SIMPUL_CTL_STATUS_H
#define SIMPUL_CTL_STATUS_H

#include "ctl/command.h"
#include "ctl/table.h"

/* Of the answer to "status": one line; what of the engine itself needs somebody; three rows of counts. */
void	status_head(struct cli *cli, const json_t *status);
void	status_problems(struct cli *cli, const json_t *status);
void	status_counts(struct cli *cli, const json_t *status);
/**
 * Titles and rows; nothing when there are no rows.
 * @param items	 of a list; sites are put in order of trouble
 * @param from	 rows to leave out
 * @param most	 rows at most
 * @return	 how many rows were printed
 */
size_t	status_sites(struct cli *cli, const json_t *items, size_t from, size_t most);
size_t	status_incidents(struct cli *cli, const json_t *items, size_t from, size_t most);
/** The cell "x down" of an item with "code" and "state". */
void	status_cell_state(struct cli *cli, struct table *t, const json_t *v);

#endif
