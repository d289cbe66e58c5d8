/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apps.h: the twin of a measuring instance that asks services.
 *
 * What a web or mail server answers goes through large parsers (HTTP, TLS, DNS). They run in a process of
 * their own beside each instance, "main-apps" beside "main": in the same network namespace, without the keys
 * of SNMP and without raw sockets.
 */
#ifndef SIMPUL_APPS_H
#define SIMPUL_APPS_H

#include "base/base.h"

#define INSTANCE_NAME_MAX 32
#define APPS_SUFFIX       "-apps"

bool instance_is_apps(const char *instance);
/** The name of an instance's twin; one that does not fit is cut, but the check refuses it. @return out */
char *instance_apps(char out[INSTANCE_NAME_MAX], const char *instance);

#endif
