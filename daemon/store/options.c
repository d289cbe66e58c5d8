/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.c: settings of the store. */
#include "store/options.h"

static const char *const profile_words[] = { "small", "city", "national", NULL };

const struct conf_opt store_options[] = {
	{ "profile", CONF_WORD, .words = profile_words, .def = "city",
	  .help = "How much history an RRD file keeps: about 5, 12 or 3 MB per line. It holds for files "
		  "made from now on." },
	{ "flush_s", CONF_INT, "s", 0, 7200, "0",
	  .help = "Age of the oldest unwritten row at which a file is written; 0: by the number of files." },
	{ "journal_keep_s", CONF_INT, "s", 3600, 31536000, "2592000",
	  .help = "How long the journal is kept, so that RRD files can be rebuilt from it." },
	{ "journal_max_mib", CONF_INT, "MiB", 0, 1048576, "0",
	  .help = "Size at which the oldest journal goes even if it is younger; 0: by profile, 2, 20 or 64 "
		  "GiB." },
	{ 0 }
};
