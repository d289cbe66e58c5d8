/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cmd_check.c: simpulctl check: configuration and inventory, checked as the engine would; the engine need not
 * run.
 */
#include "ctl/command.h"

#include <stdlib.h>

#include "proc/check.h"

enum exit_code
cmd_check(struct cli *cli, int argc, char *argv[])
{
	const char    *path = getenv("SIMPUL_CONFIG");
	enum exit_code rc;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	if (cli->json)
		return command_usage(cli,
		    "check writes file:line:column: text, which editors understand; there is no --json");
	if (path == NULL || *path == '\0')
		path = SYSCONFDIR "/simpul/simpuld.conf";
	return check_files(at < argc ? argv[at] : path) == 0 ? EXIT_DONE : EXIT_FAILED;
}
