/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cmd_traffic.c: simpulctl traffic: what passed of the sites on the mirror port, and who moved it. */
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/table.h"

/* A counter comes as text. */
static double
count_of(const json_t *v, const char *name)
{
	return strtod(member_text(v, name), NULL);
}

/* "4.3 %", also of parts that words would round away */
static const char *
share_words(char out[WORDS_MAX], const json_t *v, const char *name)
{
	double share = member_number(v, name);

	if (isnan(share))
		return "-";
	snprintf(out, WORDS_MAX, "%.2f %%", share * 100);
	return out;
}

static void
print_capture(struct cli *cli, const json_t *v)
{
	double came = count_of(v, "came"), dropped = count_of(v, "dropped");

	if (!json_is_true(json_object_get(v, "capturing"))) {
		cli_line(cli, TINT_WARN, "nothing is captured: capture.enabled is off, or the interface was not to be had; the "
		    "engine's log says why");
		return;
	}
	cli_line(cli, TINT_DIM, "%s: %.0f frames came, %.0f of them of no site's networks", member_text(v, "interface"), came,
	    count_of(v, "elsewhere"));
	if (dropped > 0)
		cli_line(cli, TINT_WARN, "%.0f frames (%.2f %%) were dropped: raise capture.buffer_mib, or filter", dropped,
		    came > 0 ? 100 * dropped / came : 0);
	if (*member_text(v, "trouble") != '\0')
		cli_line(cli, TINT_WARN, "%s", member_text(v, "trouble"));
}

static void
print_sites(struct cli *cli, const json_t *sites)
{
	static const struct column columns[] = { { "SITE", false, 8, 0 }, { "TO IT", true, 0, 0 }, { "FROM IT", true, 0, 0 },
		{ "RTT", true, 0, 1 }, { "SENT AGAIN", true, 0, 2 }, { "DNS FAILS", true, 0, 3 }, { "UNTIL", false, 0, 4 } };
	struct table		  *t = table_new(columns, nitems(columns));
	char			   text[WORDS_MAX];
	const char		  *ref;
	size_t			   i;
	json_t			  *v;

	json_array_foreach(sites, i, v) {
		ref = member_text(v, "ref");
		table_cell(t, TINT_NONE, strncmp(ref, "site/", 5) == 0 ? ref + 5 : ref);
		table_cell(t, TINT_NONE, words_rate(text, member_number(v, "rx_bps")));
		table_cell(t, TINT_NONE, words_rate(text, member_number(v, "tx_bps")));
		table_cell(t, TINT_NONE, words_seconds(text, member_number(v, "tcp_rtt_p50_s")));
		table_cell(t, TINT_NONE, share_words(text, v, "retransmit_ratio"));
		table_cell(t, TINT_NONE, share_words(text, v, "dns_fail_ratio"));
		table_cell(t, TINT_DIM, words_time(text, member_time(v, "closed")));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

/* The error is a bound: a host moved at most what is shown, and at least that much less. */
static void
print_talkers(struct cli *cli, const json_t *v)
{
	static const struct column columns[] = { { "HOST", false, 12, 0 }, { "OCTETS", true, 0, 0 },
		{ "AT MOST TOO MUCH", true, 0, 1 } };
	const json_t		  *talkers = json_object_get(v, "talkers");
	struct table		  *t;
	size_t			   i;
	json_t			  *each;

	if (json_array_size(talkers) == 0)
		return;
	buf_u8(&cli->out, '\n');
	cli_line(cli, TINT_BOLD, "Hosts that moved most in that minute");
	t = table_new(columns, nitems(columns));
	json_array_foreach(talkers, i, each) {
		table_cell(t, TINT_NONE, member_text(each, "host"));
		table_cell(t, TINT_NONE, member_text(each, "octets"));
		table_cell(t, TINT_DIM, member_text(each, "error"));
	}
	table_print(t, &cli->term, &cli->out, 0);
	table_free(t);
}

static void
print_site(struct cli *cli, json_t *site)
{
	json_t *one = json_pack("[O]", site);

	print_sites(cli, one);
	json_decref(one);
	cli_line(cli, TINT_NONE, "%s octets in %s packets to it, %s in %s from it", member_text(site, "rx_octets"),
	    member_text(site, "rx_packets"), member_text(site, "tx_octets"), member_text(site, "tx_packets"));
	cli_line(cli, TINT_NONE, "TCP: %.0f segments, %.0f of them sent again; %.0f times measured",
	    member_number(site, "segments"), member_number(site, "retransmitted"), member_number(site, "rtts"));
	cli_line(cli, TINT_NONE, "DNS: %.0f questions answered, %.0f failed, %.0f without an answer",
	    member_number(site, "dns_answered"), member_number(site, "dns_failed"), member_number(site, "dns_unanswered"));
	if (json_is_true(json_object_get(site, "partial")))
		cli_line(cli, TINT_WARN, "frames were dropped in that minute: there was more than this");
}

static void
print_all(struct cli *cli, const json_t *v)
{
	json_t *site = json_object_get(v, "site"), *sites = json_object_get(v, "sites");

	print_capture(cli, v);
	if (site != NULL)
		print_site(cli, site);
	else if (json_array_size(sites) > 0)
		print_sites(cli, sites);
	else
		cli_line(cli, TINT_NONE, "No site names its networks: add the column networks to sites.csv.");
	print_talkers(cli, v);
}

enum exit_code
cmd_traffic(struct cli *cli, int argc, char *argv[])
{
	enum exit_code rc;
	json_t	      *v, *request;
	const char    *prefix;
	int	       at = command_arguments(cli, argc, argv, &rc);

	if (at == -1)
		return rc;
	request = json_pack("{s:s}", "op", "traffic");
	if (at < argc) {
		prefix = strchr(argv[at], '/') != NULL ? "" : "site/";
		json_object_set_new(request, "site", json_sprintf("%s%s", prefix, argv[at]));
	}
	if (cli_ask_and_show(cli, request, ASK_TIMEOUT_S, &v, &rc))
		print_all(cli, v);
	json_decref(v);
	return rc;
}
