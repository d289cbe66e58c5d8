/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snmp_profile.h: which tables a kind of device has, and what their columns mean: data, from files of the folder
 * profiles beside the configuration.
 *
 * A file is read under a schema of its own (snmp_profile_schema) in the check process; its settings travel to core as
 * text and on to measure as PROFILE frames. All three hold the same structs, so that what is refused is refused
 * everywhere: snmp_profile_of() knows one file, snmp_profiles_link() what they say of each other.
 */
#ifndef SIMPUL_SNMP_PROFILE_H
#define SIMPUL_SNMP_PROFILE_H

#include "base/conf.h"
#include "ipc/msg.h"

#define PROFILE_DEPTH_MAX 4		/* includes of includes */
#define PROFILE_DEFAULT	  "generic"	/* of devices that none matches */

struct snmp_profile {
	struct msg_profile	  head;
	struct msg_profile_table *table;
	size_t			  ntables;
	struct msg_profile_value *value;	/* by table, in the order written */
	size_t			  nvalues;
	/* after snmp_profiles_link() */
	size_t			  include[PROFILE_LIST_MAX];	/* places in the set */
	unsigned		  height;	/* levels of includes below it */
	bool			  on_the_way, walked;
};

struct snmp_profiles {
	struct snmp_profile *v[PROFILES_MAX];	/* owned; by name */
	size_t		n;
	struct snmp_profile *last;	/* the one added last */
	unsigned	refs;
};

/** The groups of a profile file; conf_new_as(), conf_parse_as(). */
extern const struct conf_group snmp_profile_schema[];

/** @param path  of the setting, "values[3].column" */
typedef void (*snmp_profile_error_fn)(void *arg, const char *profile, const char *path, const char *text);

/** [a-z0-9-]{1,31}: the name of a file without its ".conf". */
bool	snmp_profile_name_is_good(const char *name);
/** @return owned, or NULL after at least one call of error */
struct snmp_profile *snmp_profile_of(const struct conf *conf, const char *name, snmp_profile_error_fn error, void *arg);
void	snmp_profile_free(struct snmp_profile *p);

struct snmp_profiles *snmp_profiles_new(void);
struct snmp_profiles *snmp_profiles_ref(struct snmp_profiles *s);
void	snmp_profiles_unref(struct snmp_profiles *s);	/* NULL allowed */
/** @param p  taken. @return 0, or -1 (p is freed) when the set is full or has the name */
int	snmp_profiles_add(struct snmp_profiles *s, struct snmp_profile *p);
const struct snmp_profile *snmp_profile_find(const struct snmp_profiles *s, const char *name);
/** The nearest name, or NULL. */
const char *snmp_profile_nearest(const struct snmp_profiles *s, const char *name);
/**
 * Take a PROFILE frame, or one of its tables and values behind it, into a set: the receiving end of a plan.
 * @return 0, or -1 when it is malformed, in the wrong place, one too many or reads what must not be read
 */
int	snmp_profiles_take(struct snmp_profiles *s, const struct ipc_msg *msg);
bool	snmp_profiles_equal(const struct snmp_profiles *a, const struct snmp_profiles *b);
/** Resolve includes and look for what cannot be told apart. 0, or -1 after at least one call of error. */
int	snmp_profiles_link(struct snmp_profiles *s, snmp_profile_error_fn error, void *arg);
/**
 * The profile of a device: the one named, else the one with the longest match, else PROFILE_DEFAULT.
 *
 * @param named		from the inventory, or ""
 * @param arc		its sysObjectID
 * @return NULL when there is none
 */
const struct snmp_profile *snmp_profile_match(const struct snmp_profiles *s, const char *named, const uint32_t *arc, size_t narcs);
/** The profile and what it includes, each once, itself first. @return their number, at most room */
size_t	snmp_profile_parts(const struct snmp_profiles *s, const struct snmp_profile *p, const struct snmp_profile **part, size_t room);

/**
 * Would reading the columns of this row read anything below 1.3.6.1.4.1.14988.1.1.18, where RouterOS runs a script
 * for each one that is read (mtxrScript)?
 */
bool	snmp_profile_is_forbidden(const struct msg_oid *entry, uint32_t column);
/** Unit of a value by the ending of its name: "dBm", "C", "V"; "" for none. */
const char *snmp_profile_unit(const char *value_name);
/** "1.3.6.1": 2 to 128 arcs below 2^32. 0 or -1. */
int	snmp_profile_oid_read(const char *text, size_t len, struct msg_oid *oid);
/** @return out */
char   *snmp_profile_oid_text(char *out, size_t size, const struct msg_oid *oid);

extern const char *const snmp_profile_type_words[PROFILE_TYPES + 1];
extern const char *const snmp_profile_port_words[PROFILE_PORTS + 1];
extern const char *const snmp_profile_host_words[PROFILE_HOSTS + 1];

#endif
