/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * credential.h: the community of a device, from its file below secrets/snmp. It is never logged. What a file of
 * SNMPv3 holds is v3_user.h's.
 */
#ifndef SIMPUL_SNMP_CREDENTIAL_H
#define SIMPUL_SNMP_CREDENTIAL_H

#include "collectors/snmp/request.h"

/**
 * @param dir_fd  the directory secrets/snmp, or -1: there is none, and so no credential
 * @param name	  a plain file name: one line of 1 to SNMP_COMMUNITY_MAX bytes
 * @param method  "2c" or "1"; "auto" begins with 2c
 * @param err	  a sentence with the remedy, without anything of the file's content
 * @return 0 or -1
 */
int	credential_read(struct snmp_credential *c, int dir_fd, const char *name, const char *method,
	    char *err, size_t err_size);
/** A plain file name? Names come from the inventory: below the directory and nowhere else. */
bool	credential_is_name(const char *name);
/** Without a file: the community "public", for simulated networks. */
int	credential_public(struct snmp_credential *c, const char *method, char *err, size_t err_size);

#endif
