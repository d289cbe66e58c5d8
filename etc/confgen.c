/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * confgen.c: writes what follows from the tables of settings and columns, so that nobody has to keep it true by hand.
 *
 *	confgen default		etc/simpuld.conf, which is kept in the tree; a unit test compares the two
 *	confgen man		simpuld.conf.5
 *	confgen inventory-man	simpul-inventory.5
 *	confgen web-default	etc/simpul-web.conf, in the tree, too
 *	confgen web-man		simpul-web.conf.5
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/cursor.h"
#include "collectors/collector.h"
#include "dashboards/options.h"
#include "model/inventory.h"
#include "probes/probe.h"

static void
write_metrics(struct buf *out, const char *name, const char *help, const struct metric *m)
{
	const char *s;
	size_t	    len;

	buf_printf(out, ".Ss %s\n%s\n", name, help);
	if (m->name == NULL) {
		buf_printf(out, "Kept for each sensor that is found.\n");
		return;
	}
	buf_printf(out, ".Bl -tag -width Ds\n");
	for (; m->name != NULL; m++) {
		buf_printf(out, ".It Va %s", m->name);
		if (m->unit != UNIT_NONE)
			buf_printf(out, " Pq %s", unit_names[m->unit]);
		buf_printf(out, "\n%s.\n", m->help);
		if (m->series[0] == '\0')
			buf_text(out, "Not kept as a series.\n");
		for (s = m->series; *s != '\0'; s += len + (s[len] == '|')) {
			len = strcspn(s, "|");
			buf_printf(out, "%s%.*s%s", s == m->series ? "Kept for each " : " and ", (int)len, s,
			    s[len] == '\0' ? ".\n" : "");
		}
	}
	buf_text(out, ".El\n");
}

static void
write_all_metrics(struct buf *out)
{
	size_t i;

	buf_text(out, ".Sh METRICS\nWhat the probes, and then the collectors of SNMP, measure:\n");
	for (i = 0; probe_registry[i] != NULL; i++)
		write_metrics(out, probe_registry[i]->name, probe_registry[i]->help, probe_registry[i]->metrics);
	for (i = 0; collector_registry[i] != NULL; i++)
		write_metrics(out, collector_registry[i]->name, collector_registry[i]->help,
		    collector_registry[i]->metrics);
}

static void
write_conf_man(struct buf *out)
{
	buf_text(out,
	    ".Dd $Mdocdate$\n"
	    ".Dt SIMPULD.CONF 5\n.Os\n"
	    ".Sh NAME\n.Nm simpuld.conf\n.Nd policy of the Simpul engine\n"
	    ".Sh DESCRIPTION\n"
	    "How\n.Xr simpuld 8\nmeasures, judges, stores and publishes. What is watched is the inventory:\n"
	    ".Xr simpul-inventory 5 .\n"
	    ".Pp\n"
	    "A setting is written as\n.Ql name = value;\nwithin its group; text stands in quotes, numbers are decimal and without a unit, and\n"
	    ".Ql #\nstarts a comment.\nWhat is left out keeps its default.\n"
	    "There is no\n.Ql @include ,\nand secrets do not stand here but in files of the directory\n.Pa secrets\nbeside this file.\n"
	    "An unknown name or a value out of range is an error:\n.Ic simpulctl check\ntells all of them, and a reload with an error changes nothing.\n"
	    ".Sh SETTINGS\n");
	conf_write_man(out);
	write_all_metrics(out);
	buf_text(out,
	    ".Sh FILES\n"
	    ".Bl -tag -width Ds -compact\n"
	    ".It Pa " SYSCONFDIR "/simpul/simpuld.conf\nthis file\n"
	    ".It Pa " SYSCONFDIR "/simpul/inventory/\nwhat is watched\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/snmp/\none file per community, a line each, mode 0600; without it a device is not polled\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/probes/\none file per credential of services.csv, mode 0600\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/push/\none token per job that reports by itself, mode 0600\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/traps/community\nthe communities of traps, up to 16, one a line, mode 0600; without it those of SNMPv1 and v2c are refused\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/traps/users\nthe users of SNMPv3 traps, see\n.Xr simpuld 8\n"
	    ".It Pa " SYSCONFDIR "/simpul/secrets/publish/\npassword (mode 0600) and certificates for the broker\n"
	    ".El\n"
	    ".Sh SEE ALSO\n.Xr simpulctl 8 ,\n.Xr simpul-inventory 5 ,\n.Xr simpuld 8\n");
}

static void
write_inventory_man(struct buf *out)
{
	buf_text(out,
	    ".Dd $Mdocdate$\n"
	    ".Dt SIMPUL-INVENTORY 5\n.Os\n"
	    ".Sh NAME\n.Nm simpul-inventory\n.Nd what the Simpul engine watches\n"
	    ".Sh DESCRIPTION\n"
	    "Tables in CSV (RFC 4180) in the directory\n.Pa inventory\nbeside\n.Xr simpuld.conf 5 ,\n"
	    "as a spreadsheet saves them: UTF-8 with or without a byte order mark, fields separated by\n.Ql \\&,\nor\n.Ql \\&;\n"
	    "as the header has it, CRLF or LF.\nLines that start with\n.Ql #\nbefore the header are comments.\n"
	    ".Pp\n"
	    "The header names the columns, in any order; those that are not marked as required may be missing.\n"
	    "An empty field is unknown, or has the default given below.\n"
	    "Items of a list within one field are joined by\n.Ql | .\n"
	    "An id is 1 to 63 of\n.Ql a-z ,\n.Ql 0-9\nand\n.Ql - ,\nnot only digits, and is never used again for something else.\n"
	    "Two lines of one measuring instance cannot have the same address, unless they are probed from different sources\n"
	    "or through different interfaces.\n"
	    "A table holds at most 100,000 rows, a row 64 KiB.\n"
	    "One bad row rejects the whole:\n.Ic simpulctl check\ntells every error with its line and field.\n");
	inventory_write_man(out);
	buf_text(out, ".Sh SEE ALSO\n.Xr simpulctl 8 ,\n.Xr simpuld.conf 5 ,\n.Xr simpuld 8\n");
}

static void
write_web_default(struct buf *out)
{
	web_conf_use();
	conf_write_default(out);
}

static void
write_web_man(struct buf *out)
{
	web_conf_use();
	buf_text(out,
	    ".Dd $Mdocdate$\n"
	    ".Dt SIMPUL-WEB.CONF 5\n.Os\n"
	    ".Sh NAME\n.Nm simpul-web.conf\n.Nd settings of the Simpul web server\n"
	    ".Sh DESCRIPTION\n"
	    "How\n.Xr simpul-web 8\nlistens, and where it finds certificate, pages and engine.\n"
	    "It is written as\n.Xr simpuld.conf 5\nis.\nWhat is left out keeps its default.\n"
	    ".Sh SETTINGS\n");
	conf_write_man(out);
	buf_text(out,
	    ".Sh FILES\n"
	    ".Bl -tag -width Ds -compact\n"
	    ".It Pa " SYSCONFDIR "/simpul/simpul-web.conf\nthis file\n"
	    ".El\n"
	    ".Sh SEE ALSO\n.Xr simpulctl 8 ,\n.Xr simpuld.conf 5 ,\n.Xr simpul-web 8\n");
}

static const struct {
	const char *name;
	void	  (*write)(struct buf *out);
} documents[] = {
	{ "default", conf_write_default },
	{ "man", write_conf_man },
	{ "inventory-man", write_inventory_man },
	{ "web-default", write_web_default },
	{ "web-man", write_web_man },
};

int
main(int argc, char *argv[])
{
	struct buf out = { 0 };
	size_t	   i;
	bool	   good;

	for (i = 0; argc == 2 && i < nitems(documents); i++)
		if (strcmp(argv[1], documents[i].name) == 0)
			documents[i].write(&out);
	if (out.len == 0) {
		fputs("usage: confgen default | man | inventory-man | web-default | web-man\n", stderr);
		return 2;
	}
	good = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_free(&out);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
