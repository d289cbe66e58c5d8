/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fetch.c: libcurl's multi interface on the loop: it says which descriptors it waits for and until when, we tell it what has
 * happened. The address is given to it, so it never resolves a name (which would start a thread); signals, proxies, cookies,
 * netrc and redirects are off. What it calls back only takes notes; a request is ended from outside of it.
 */
#include "probes/http/fetch.h"

#include <curl/curl.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config.h"

#include "base/log.h"
#include "base/text.h"
#include "probes/dialog_tls.h"
#include "probes/http/body.h"

#define CONNECT_TO_MAX 80

struct fetcher {
	struct loop	 *loop;
	CURLM		 *multi;
	struct loop_timer timer;
};

struct watch {
	struct fetcher *fetcher;
	struct loop_io *io;
	curl_socket_t	fd;
};

struct fetch {
	struct fetcher	   *fetcher;
	struct fetch_ask    ask;
	CURL		   *easy;
	struct curl_slist  *connect_to;
	char		    error[CURL_ERROR_SIZE];
	struct buf	    body;
	size_t		    head;	/* bytes of headers so far */
	int64_t		    begun_ns, shaking_ns;	/* shaking_ns: when TLS began, so TCP had connected; 0: not yet */
	struct fetch_result r;
	fetch_fn	    done;
	void		   *arg;
};

/* ---- libcurl on the loop ---- */

static void	finished_collect(struct fetcher *f);

static void
socket_ready(void *arg, int events)
{
	struct watch   *w = arg;
	struct fetcher *f = w->fetcher;
	int		running;

	curl_multi_socket_action(f->multi, w->fd, (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
	    (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0), &running);
	finished_collect(f);
}

static int
socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
	struct fetcher *f = arg;
	struct watch   *w = socket;
	int		events = (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			loop_io_free(w->io);
		free(w);
	} else if (w != NULL) {
		loop_io_events(w->io, events);
	} else {
		w = xcalloc(1, sizeof(*w));
		w->fetcher = f;
		w->fd = fd;
		w->io = loop_io_new(f->loop, fd, events, socket_ready, w);
		curl_multi_assign(f->multi, fd, w);
	}
	return 0;
}

static void
timer_over(void *arg)
{
	struct fetcher *f = arg;
	int		running;

	curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finished_collect(f);
}

static int
timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct fetcher *f = arg;

	(void)multi;
	if (ms < 0)
		loop_timer_cancel(f->loop, &f->timer);
	else
		loop_timer_set(f->loop, &f->timer, loop_mono_ns(f->loop) + ms * NS_PER_MS, timer_over, f);
	return 0;
}

/*
 * libcurl keeps the certificates of the first request for all others of a multi handle, though tls_prepare() gives each its own:
 * one target would be judged by the CA of another. This must be off.
 */
static CURLcode
trust_set_apart(CURL *easy)
{
	return curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
}

static bool
trust_is_apart(void)
{
	CURL *easy = curl_easy_init();
	bool  yes = easy != NULL && trust_set_apart(easy) == CURLE_OK;

	curl_easy_cleanup(easy);
	return yes;
}

struct fetcher *
fetcher_new(struct loop *l)
{
	struct fetcher *f = xcalloc(1, sizeof(*f));

	f->loop = l;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (f->multi = curl_multi_init()) == NULL) {
		log_warnx("libcurl cannot be started: nothing is asked over HTTP");
		free(f);
		return NULL;
	}
	if (!trust_is_apart()) {
		log_warnx("this libcurl shares certificates between requests: nothing is asked over HTTP");
		curl_multi_cleanup(f->multi);
		free(f);
		return NULL;
	}
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return f;
}

void
fetcher_free(struct fetcher *f)
{
	if (f == NULL)
		return;
	curl_multi_cleanup(f->multi);
	loop_timer_cancel(f->loop, &f->timer);
	free(f);
}

/* ---- notes, taken inside of libcurl ---- */

static void PRINTF_LIKE(2, 3)
say(struct fetch *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->r.why, sizeof(f->r.why), fmt, ap);
	va_end(ap);
}

static size_t
take_body(char *data, size_t one, size_t len, void *arg)
{
	struct fetch *f = arg;
	size_t	      room = FETCH_BODY_MAX - f->body.len;

	(void)one;
	if (len > room)
		f->r.cut = true;
	buf_bytes(&f->body, data, len > room ? room : len);
	return len > room ? 0 : len;	/* 0 ends it */
}

/* When the first byte has come; later the connection is gone. */
static void
first_take(struct fetch *f)
{
	struct curl_tlssessioninfo *tls = NULL;

	f->r.first_ns = loop_mono_ns(f->fetcher->loop);
	if (curl_easy_getinfo(f->easy, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls != NULL && tls->internals != NULL &&
	    tls->backend == CURLSSLBACKEND_OPENSSL)
		f->r.cert_days = dialog_tls_peek(tls->internals, loop_wall_ns(f->fetcher->loop), &f->r.protocol);
}

/* Only those of the last answer count: 100 (Continue) comes before another one. */
static size_t
take_header(char *line, size_t one, size_t len, void *arg)
{
	struct fetch *f = arg;
	size_t	      i, end = len;

	(void)one;
	if (f->r.first_ns == 0)
		first_take(f);
	f->head += len;
	if (f->head > FETCH_HEAD_MAX) {
		f->r.end = DIALOG_LONG;
		say(f, "its headers do not end within 64 KiB");
		return 0;
	}
	if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		f->r.headers = 0;
	while (end > 0 && (line[end - 1] == '\n' || line[end - 1] == '\r'))
		end--;
	for (i = 0; i < f->ask.expect->n; i++)
		if (strcmp(f->ask.expect->item[i].key, "header") == 0 &&
		    http_header_is(line, end, f->ask.expect->item[i].value))
			f->r.headers |= 1u << i;
	return len;
}

static int
socket_bind(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	struct fetch		*f = arg;
	const struct probe_path *path = f->ask.path;
	struct sockaddr_storage	 ss;
	socklen_t		 len;

	(void)purpose;
	if (packet_way_apply(f->ask.way, fd) == -1)
		goto fail;
	if (path == NULL)
		return CURL_SOCKOPT_OK;
	if (path->interface[0] != '\0' &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, path->interface, (socklen_t)strlen(path->interface)) == -1)
		goto fail;
	if (path->source.family != 0) {
		len = addr_to_sockaddr(&path->source, 0, &ss);
		if (bind(fd, (struct sockaddr *)&ss, len) == -1)
			goto fail;
	}
	return CURL_SOCKOPT_OK;
fail:
	f->r.end = DIALOG_UNASKED;
	say(f, "cannot ask from there: %s", strerror(errno));
	return CURL_SOCKOPT_ERROR;
}

static CURLcode
tls_prepare(CURL *easy, void *ssl_ctx, void *arg)
{
	struct fetch *f = arg;

	(void)easy;
	f->shaking_ns = loop_mono_ns(f->fetcher->loop);
	dialog_trust_give(f->ask.trust, ssl_ctx);
	return CURLE_OK;
}

/* ---- the end ---- */

static float
phase_s(CURL *easy, CURLINFO from, CURLINFO to)
{
	curl_off_t begin = 0, end = 0;

	if (from != CURLINFO_NONE)
		curl_easy_getinfo(easy, from, &begin);
	curl_easy_getinfo(easy, to, &end);
	return end > 0 && end >= begin ? (float)(end - begin) / 1000000.0f : NAN;
}

static void
result_look(const struct fetch *f, struct fetch_result *r)
{
	long	   status = 0;
	curl_off_t modified = -1;
	char	  *location = NULL;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->easy, CURLINFO_FILETIME_T, &modified);
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &location);
	r->status = (unsigned)status;
	r->modified_s = modified;
	if (location != NULL && text_copy(r->location, sizeof(r->location), location) == -1)
		r->location[0] = '\0';
	r->connect_s = phase_s(f->easy, CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T);
	if (isnan(r->connect_s) && f->shaking_ns != 0)	/* libcurl tells it when the handshake is over */
		r->connect_s = (float)(f->shaking_ns - f->begun_ns) / NS_PER_S;
	r->tls_s = f->ask.place->tls ? phase_s(f->easy, CURLINFO_CONNECT_TIME_T, CURLINFO_APPCONNECT_TIME_T) : NAN;
	r->body = f->body.data;
	r->len = f->body.len;
}

void
fetch_look(const struct fetch *f, struct fetch_result *r)
{
	*r = f->r;
	result_look(f, r);
}

static void
connect_failed(struct fetch *f, int error)
{
	char text[ADDR_TEXT_MAX];

	addr_text(&f->ask.addr, text);
	if (error == ECONNREFUSED) {
		f->r.end = DIALOG_REFUSED;
		say(f, "it refuses the connection to port %u", f->ask.place->port);
	} else if (error == ETIMEDOUT) {
		f->r.end = DIALOG_SILENT;
		say(f, "no answer from %s", text);
	} else if (error == EHOSTUNREACH || error == ECONNRESET) {
		f->r.end = DIALOG_UNREACHABLE;
		say(f, "there is no way to %s: %s", text, strerror(error));
	} else {
		f->r.end = DIALOG_UNASKED;
		say(f, "cannot ask %s from here: %s", text, strerror(error));
	}
}

/* To libcurl the handshake of TLS is a part of connecting; to us who has taken the connection is not silent. */
static void
timed_out(struct fetch *f)
{
	if (f->shaking_ns == 0) {
		connect_failed(f, ETIMEDOUT);
		return;
	}
	f->r.end = DIALOG_SLOW;
	say(f, "TLS has not begun in time");
}

/* libcurl's own words tell what is wrong with a certificate; they may quote it. */
static void
tls_failed(struct fetch *f, bool untrusted)
{
	char shown[160];

	text_visible(shown, sizeof(shown), f->error, strlen(f->error));
	f->r.end = untrusted ? DIALOG_UNTRUSTED : DIALOG_NO_TLS;
	if (untrusted && dialog_trust_is_empty(f->ask.trust) && !expect_has(f->ask.expect, "unreachable")) {
		f->r.end = DIALOG_UNASKED;
		say(f, DIALOG_TRUST_EMPTY);
		return;
	}
	if (!untrusted && (strstr(shown, "unsupported protocol") != NULL || strstr(shown, "alert protocol version") != NULL))
		say(f, "it speaks no TLS 1.2 or newer");
	else if (!untrusted)
		say(f, "TLS fails: %s", shown);
	else if (strstr(shown, "has expired") != NULL)
		say(f, "its certificate has expired");
	else if (strstr(shown, "does not match") != NULL || strstr(shown, "subject name") != NULL)
		say(f, "its certificate is for another name: %s", shown);
	else
		say(f, "its certificate is not trusted: %s", shown);
}

static void
failed(struct fetch *f, CURLcode code)
{
	const char *when = f->r.first_ns == 0 ? "before it says anything" : "before all is said";
	char	    shown[160];
	long	    error = 0;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &error);
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		connect_failed(f, (int)error);
		break;
	case CURLE_OPERATION_TIMEDOUT:	/* of connecting: the whole is timed by who asks */
		timed_out(f);
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		tls_failed(f, code == CURLE_PEER_FAILED_VERIFICATION);
		break;
	case CURLE_OUT_OF_MEMORY:	/* what libcurl says of one header of more than 100 KiB */
		f->r.end = DIALOG_LONG;
		say(f, "its headers do not end within 64 KiB");
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		f->r.end = DIALOG_CLOSED;
		say(f, "it hangs up %s", when);
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		f->r.end = DIALOG_RESET;
		say(f, "it resets the connection %s", when);
		break;
	default:
		f->r.end = DIALOG_WRONG;
		text_visible(shown, sizeof(shown), f->error, strlen(f->error));
		say(f, "what it says is no HTTP: %s", shown[0] != '\0' ? shown : curl_easy_strerror(code));
	}
}

static void
fetch_free(struct fetch *f)
{
	curl_multi_remove_handle(f->fetcher->multi, f->easy);
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->connect_to);
	buf_free(&f->body);
	free(f);
}

void
fetch_stop(struct fetch *f)
{
	if (f != NULL)
		fetch_free(f);
}

static void
finish(struct fetch *f, CURLcode code)
{
	if (f->r.why[0] != '\0')
		;	/* we have ended it, and said why */
	else if (code == CURLE_OK || f->r.cut)
		f->r.end = DIALOG_GOOD;
	else
		failed(f, code);
	result_look(f, &f->r);
	f->done(f->arg, &f->r);
	fetch_free(f);
}

static void
finished_collect(struct fetcher *f)
{
	CURLMsg *msg;
	CURLcode code;
	char	*private;
	int	 left;

	while ((msg = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		code = msg->data.result;	/* msg ends with the handle */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		finish((struct fetch *)private, code);
	}
}

/* ---- beginning ---- */

/* By its checked address, whatever its name; the name stays in the Host header and in TLS. */
static void
address_set(struct fetch *f)
{
	char text[ADDR_TEXT_MAX], to[CONNECT_TO_MAX];

	addr_text(&f->ask.addr, text);
	snprintf(to, sizeof(to), f->ask.addr.family == 6 ? "::[%s]:%u" : "::%s:%u", text, f->ask.place->port);
	f->connect_to = curl_slist_append(NULL, to);
	curl_easy_setopt(f->easy, CURLOPT_CONNECT_TO, f->connect_to);
}

static void
tls_set(struct fetch *f)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);	/* whom to trust is given by tls_prepare(), and read once */
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	if (trust_set_apart(e) != CURLE_OK)
		fatalx("libcurl shares certificates between requests");	/* fetcher_new() has tried it */
	curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, tls_prepare);
	curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, f);
}

static void
request_set(struct fetch *f)
{
	CURL *e = f->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, f);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, f->error);
	curl_easy_setopt(e, CURLOPT_URL, f->ask.place->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "simpul/" PACKAGE_VERSION);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_FILETIME, 1L);
	curl_easy_setopt(e, CURLOPT_NOBODY, f->ask.head ? 1L : 0L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(f->ask.connect_ns / NS_PER_MS) + 1);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, f);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, socket_bind);
	curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, f);
}

struct fetch *
fetch_start(struct fetcher *fetcher, const struct fetch_ask *ask, fetch_fn done, void *arg)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->fetcher = fetcher;
	f->ask = *ask;
	f->done = done;
	f->begun_ns = loop_mono_ns(fetcher->loop);
	f->arg = arg;
	f->r.connect_s = f->r.tls_s = NAN;
	f->r.cert_days = NAN;
	f->easy = curl_easy_init();
	if (f->easy == NULL)
		fatalx("out of memory");
	request_set(f);
	address_set(f);
	tls_set(f);
	curl_multi_add_handle(fetcher->multi, f->easy);
	return f;
}
