/* SPDX-License-Identifier: GPL-3.0-or-later */
/* apps.c: see apps.h. */
#include "model/apps.h"

#include <stdio.h>
#include <string.h>

bool
instance_is_apps(const char *instance)
{
	size_t len = strlen(instance), suffix = sizeof(APPS_SUFFIX) - 1;

	return len > suffix && strcmp(instance + len - suffix, APPS_SUFFIX) == 0;
}

char *
instance_apps(char out[INSTANCE_NAME_MAX], const char *instance)
{
	snprintf(out, INSTANCE_NAME_MAX, "%.*s" APPS_SUFFIX, (int)(INSTANCE_NAME_MAX - sizeof(APPS_SUFFIX)),
	    instance);
	return out;
}
