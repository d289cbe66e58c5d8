/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nest.h: starts the measure process of an instance that lives in a network namespace of its own, again and
 * again, long after the parent has given up the right to enter it.
 */
#ifndef SIMPUL_NEST_H
#define SIMPUL_NEST_H

#include <sys/types.h>

#include "ipc/msg.h"

struct nest;

/**
 * Fork the nest into its namespace. To be called while privileged (root, or owner of the namespace's user
 * namespace).
 * @param in		netns: path such as /run/netns/wan or /proc/123/ns/net
 * @param user		who the nest becomes, "" = stays who it is
 * @param secrets_fd, probe_secrets_fd	directories for the measure process, or -1; borrowed
 * @return owned, or NULL after the nest has logged why
 */
struct nest *nest_new(const struct msg_instance *in, const char *user, int secrets_fd, int probe_secrets_fd);
/**
 * Have it fork its measure process; the new process is the caller's own child.
 * @param parent_fd	the child's end of the pair with the parent; borrowed
 * @return its pid, or -1 (logged)
 */
pid_t	nest_spawn(struct nest *n, int parent_fd);
/** A child has died: was it the nest (which then is renewed), not its measure process? */
bool	nest_died(struct nest *n, pid_t pid);
/** End the nest (its measure process goes on) and close our side. NULL is allowed. */
void	nest_free(struct nest *n);

#endif
