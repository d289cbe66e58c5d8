/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port_match.c: see port_match.h for the points.
 *
 * First what has not changed at all is settled, by name; that is nearly all, nearly always. Of what is left
 * every pair is judged by hashes, and the few best of each known port are kept: so a device with thousands of
 * new names costs time, but bounded memory. Pairs are then taken from the best on; a pair that loses its port
 * to a better one stays as what competes with it.
 */
#include "rules/port_match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define CANDIDATES    4			/* of a known port, best first */
#define IF_PPP	      23		/* ifType (IANAifType-MIB): ppp, propVirtual, tunnel */
#define IF_VIRTUAL    53
#define IF_TUNNEL     131

enum { POINTS_NAME = 40, POINTS_ALIAS = 40, POINTS_NEIGHBOUR = 30, POINTS_MAC = 30, POINTS_SESSION = 30,
	POINTS_SUFFIX = 20, POINTS_ALIAS_ID = 20, POINTS_INDEX = 5,
	COMMON_NAME = 15, COMMON_ALIAS = 10, COMMON_NEIGHBOUR = 5, COMMON_MAC = 3,
	AGAINST_ALIAS = -25, AGAINST_TYPE = -25, AGAINST_NEIGHBOUR = -15, AGAINST_MAC = -10,
	AGAINST_GONE = -5 };

enum trait { NAME, ALIAS, NEIGHBOUR, MAC, TRAITS };

struct tally {				/* how many ports have what, as sorted hashes */
	uint64_t *v;
	size_t	  n;
};

struct traits {				/* of one port; 0 = has none */
	uint64_t hash[TRAITS], stem, alias_id;
	bool	 single[TRAITS];	/* no other port of its side has the same */
	bool	 across[TRAITS];	/* one of the other side has the same */
};

struct candidate {
	size_t found;
	int    score;
};

struct pair {
	size_t known, found;
	int    score;
};

struct match {
	struct port_known *known;
	struct port_seen  *found;
	size_t		   nknown, nfound;
	struct traits	  *of_known, *of_found;
	struct tally	   here[TRAITS], all[TRAITS], now[TRAITS];	/* known and seen last; known; found */
	struct candidate (*best)[CANDIDATES];				/* of each known port */
	bool		   replaced;
};

/* ---- traits ---- */

static uint64_t
hash_of(const char *text)
{
	return *text != '\0' ? hash_text(text) | 1 : 0;
}

static uint64_t
hash_mac(const struct port_identity *id)
{
	uint64_t h = id->mac_len;

	for (unsigned i = 0; i < id->mac_len; i++)
		h = hash_u64(h ^ id->mac[i]);
	return id->mac_len > 0 ? h | 1 : 0;
}

/* The first word with a digit in it, such as the id of a link. A speed ("20M") begins with one. */
static uint64_t
hash_id(const char *alias)
{
	char text[PORT_TEXT_MAX], *save, *word;

	text_copy(text, sizeof(text), alias);
	for (word = strtok_r(text, " \t,;:()[]|/", &save); word != NULL;
	    word = strtok_r(NULL, " \t,;:()[]|/", &save))
		if (strlen(word) >= 3 && isalpha((unsigned char)word[0]) && strpbrk(word, "0123456789") != NULL)
			return hash_of(word);
	return 0;
}

/* A name without its counter: "pppoe-out2" -> "pppoe-out", "<l2tp-andi-1>" -> "<l2tp-andi". 0 = has no such */
static uint64_t
hash_stem(const struct port_identity *id)
{
	char   stem[PORT_TEXT_MAX + 16];
	size_t n;
	bool   dynamic = id->name[0] == '<';

	if (id->if_type != IF_PPP && id->if_type != IF_TUNNEL && id->if_type != IF_VIRTUAL)
		return 0;
	text_copy(stem, PORT_TEXT_MAX, id->name);
	n = strlen(stem);
	if (dynamic && n > 0 && stem[n - 1] == '>')
		n--;
	stem[n] = '\0';
	while (n > 0 && isdigit((unsigned char)stem[n - 1]))
		n--;
	if (!dynamic)
		stem[n] = '\0';
	else if (n > 0 && stem[n - 1] == '-')	/* else the digits are part of who has dialled in */
		stem[n - 1] = '\0';
	return hash_of(stem) ^ id->if_type;
}

static struct traits
traits_of(const struct port_identity *id)
{
	struct traits t = { .stem = hash_stem(id), .alias_id = hash_id(id->alias) };

	t.hash[NAME] = hash_of(id->name);
	t.hash[ALIAS] = hash_of(id->alias);
	t.hash[NEIGHBOUR] = hash_of(id->neighbour);
	t.hash[MAC] = hash_mac(id);
	return t;
}

static int
hash_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
tally_sort(struct tally *t)
{
	if (t->n > 1)
		qsort(t->v, t->n, sizeof(*t->v), hash_order);
}

/* How many have it, counted up to two. */
static unsigned
tally_count(const struct tally *t, uint64_t hash)
{
	const uint64_t *at = t->n > 0 ? bsearch(&hash, t->v, t->n, sizeof(*t->v), hash_order) : NULL;

	if (at == NULL || hash == 0)
		return 0;
	return (at > t->v && at[-1] == hash) || (at + 1 < t->v + t->n && at[1] == hash) ? 2 : 1;
}

static void
known_tally(struct match *m, size_t i)
{
	for (int k = 0; k < TRAITS; k++) {
		uint64_t hash = m->of_known[i].hash[k];

		if (hash == 0 || m->known[i].asked)
			continue;
		m->all[k].v[m->all[k].n++] = hash;
		if (m->known[i].here)
			m->here[k].v[m->here[k].n++] = hash;
	}
}

/* Of several that had the same, the one that was seen last has it. */
static void
traits_mark(struct match *m, int k)
{
	for (size_t i = 0; i < m->nknown; i++) {
		struct traits	   *t = &m->of_known[i];
		const struct tally *known = m->known[i].here ? &m->here[k] : &m->all[k];

		t->single[k] = tally_count(known, t->hash[k]) == 1;
		t->across[k] = tally_count(&m->now[k], t->hash[k]) > 0;
	}
	for (size_t i = 0; i < m->nfound; i++) {
		struct traits *t = &m->of_found[i];

		t->single[k] = tally_count(&m->now[k], t->hash[k]) == 1;
		t->across[k] = tally_count(&m->here[k], t->hash[k]) > 0;
	}
}

/* None of the MACs that it had is left. */
static bool
is_replaced(const struct match *m)
{
	for (size_t i = 0; i < m->here[MAC].n; i++)
		if (tally_count(&m->now[MAC], m->here[MAC].v[i]) > 0)
			return false;
	return m->here[MAC].n > 0 && m->now[MAC].n > 0;
}

static void
match_init(struct match *m)
{
	m->of_known = xcalloc(m->nknown + 1, sizeof(*m->of_known));
	m->of_found = xcalloc(m->nfound + 1, sizeof(*m->of_found));
	m->best = xcalloc(m->nknown + 1, sizeof(*m->best));
	for (int k = 0; k < TRAITS; k++) {
		m->here[k].v = xcalloc(m->nknown + 1, sizeof(uint64_t));
		m->all[k].v = xcalloc(m->nknown + 1, sizeof(uint64_t));
		m->now[k].v = xcalloc(m->nfound + 1, sizeof(uint64_t));
	}
	for (size_t i = 0; i < m->nknown; i++) {
		m->of_known[i] = traits_of(m->known[i].id);
		known_tally(m, i);
	}
	for (size_t i = 0; i < m->nfound; i++) {
		m->of_found[i] = traits_of(m->found[i].id);
		for (int k = 0; k < TRAITS; k++)
			if (m->of_found[i].hash[k] != 0)
				m->now[k].v[m->now[k].n++] = m->of_found[i].hash[k];
	}
	for (int k = 0; k < TRAITS; k++) {
		tally_sort(&m->here[k]);
		tally_sort(&m->all[k]);
		tally_sort(&m->now[k]);
		traits_mark(m, k);
	}
	m->replaced = is_replaced(m);
}

static void
match_fini(struct match *m)
{
	for (int k = 0; k < TRAITS; k++) {
		free(m->here[k].v);
		free(m->all[k].v);
		free(m->now[k].v);
	}
	free(m->of_known);
	free(m->of_found);
	free(m->best);
}

/* ---- points ---- */

/* "ether1" and "ether1-wan": one goes on where the other ends, and not within a word or number. */
static bool
is_longer_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);

	if (n == 0 || m == 0 || n == m || strncmp(a, b, n < m ? n : m) != 0)
		return false;
	return n < m ? !isalnum((unsigned char)b[n]) : !isalnum((unsigned char)a[m]);
}

static int
points_name(const struct match *m, size_t i, size_t j)
{
	const struct traits	   *a = &m->of_known[i], *b = &m->of_found[j];
	const struct port_identity *x = m->known[i].id, *y = m->found[j].id;

	if (a->hash[NAME] == b->hash[NAME])
		return a->single[NAME] && b->single[NAME] ? POINTS_NAME : COMMON_NAME;
	if (a->across[NAME] || b->across[NAME])
		return 0;	/* somebody has that name still, or had it */
	if (a->stem != 0 && a->stem == b->stem)
		return x->if_type == IF_PPP ? POINTS_SESSION : POINTS_SUFFIX;
	return is_longer_name(x->name, y->name) ? POINTS_SUFFIX : 0;
}

static bool
has_both(const struct traits *a, const struct traits *b, enum trait k)
{
	return a->hash[k] != 0 && b->hash[k] != 0;
}

static bool
is_single(const struct traits *a, const struct traits *b, enum trait k)
{
	return a->single[k] && b->single[k];
}

static int
points_alias(const struct match *m, size_t i, size_t j)
{
	const struct traits *a = &m->of_known[i], *b = &m->of_found[j];

	if (!has_both(a, b, ALIAS))
		return 0;
	if (a->hash[ALIAS] == b->hash[ALIAS])
		return is_single(a, b, ALIAS) ? POINTS_ALIAS : COMMON_ALIAS;
	return a->alias_id != 0 && a->alias_id == b->alias_id ? POINTS_ALIAS_ID : AGAINST_ALIAS;
}

static int
points_neighbour(const struct match *m, size_t i, size_t j)
{
	const struct traits *a = &m->of_known[i], *b = &m->of_found[j];

	if (!has_both(a, b, NEIGHBOUR))
		return 0;
	if (a->hash[NEIGHBOUR] != b->hash[NEIGHBOUR])
		return AGAINST_NEIGHBOUR;
	return is_single(a, b, NEIGHBOUR) ? POINTS_NEIGHBOUR : COMMON_NEIGHBOUR;
}

static int
points_mac(const struct match *m, size_t i, size_t j)
{
	const struct traits *a = &m->of_known[i], *b = &m->of_found[j];

	if (m->replaced || !has_both(a, b, MAC))
		return 0;
	if (a->hash[MAC] == b->hash[MAC])
		return is_single(a, b, MAC) ? POINTS_MAC : COMMON_MAC;
	return a->single[MAC] && a->across[MAC] ? AGAINST_MAC : 0;
}

/* What two ports have in common; 0 when it is their ifIndex and kind alone. */
static int
points(const struct match *m, size_t i, size_t j)
{
	const struct port_identity *x = m->known[i].id, *y = m->found[j].id;
	int			    sum = points_name(m, i, j) + points_mac(m, i, j) + points_neighbour(m, i, j);

	sum += points_alias(m, i, j);
	if (x->if_type != 0 && y->if_type != 0 && x->if_type != y->if_type)
		sum += AGAINST_TYPE;
	if (sum > 0 && !m->replaced && x->if_index != 0 && x->if_index == y->if_index)
		sum += POINTS_INDEX;
	return sum + (m->known[i].here ? 0 : AGAINST_GONE);
}

/* ---- what has not changed ---- */

static bool
is_unchanged(const struct match *m, size_t i, size_t j)
{
	const struct traits	   *a = &m->of_known[i], *b = &m->of_found[j];
	const struct port_identity *x = m->known[i].id, *y = m->found[j].id;

	for (int k = 0; k < TRAITS; k++)
		if (a->hash[k] != b->hash[k] && !(k == NEIGHBOUR && !has_both(a, b, NEIGHBOUR)))
			return false;
	return *x->name != '\0' && strcmp(x->name, y->name) == 0 && (x->if_type == 0 || x->if_type == y->if_type);
}

static void
pair_take(struct match *m, size_t i, size_t j, int score)
{
	struct port_known	   *p = &m->known[i];
	const struct port_identity *now = m->found[j].id;

	p->found = j;
	p->score = score;
	p->fate = strcmp(p->id->name, now->name) != 0 ? PORT_FATE_RENAMED :
	    p->id->if_index != 0 && p->id->if_index != now->if_index ? PORT_FATE_MOVED : PORT_FATE_SAME;
	m->found[j].known = i;
}

/* Those that were here before those that are asked about, and these before those that are gone. */
static unsigned
rank(const struct port_known *p)
{
	return p->here ? 0 : p->asked ? 1 : 2;
}

static void
settle_unchanged(struct match *m)
{
	struct map *names = map_new();
	void	   *at;
	size_t	    j;

	for (j = 0; j < m->nfound; j++)
		map_add(names, m->found[j].id->name, &m->found[j]);
	for (unsigned r = 0; r < 3; r++)
		for (size_t i = 0; i < m->nknown; i++) {
			if (rank(&m->known[i]) != r || (at = map_get(names, m->known[i].id->name)) == NULL)
				continue;
			j = (size_t)((struct port_seen *)at - m->found);
			if (m->found[j].known == PORT_NONE && is_unchanged(m, i, j))
				pair_take(m, i, j, 100);
		}
	map_free(names);
}

/* ---- what has ---- */

static void
candidate_add(struct candidate *best, size_t j, int score)
{
	int at = CANDIDATES;

	while (at > 0 && best[at - 1].score < score)
		at--;
	if (at == CANDIDATES)
		return;
	memmove(&best[at + 1], &best[at], (size_t)(CANDIDATES - 1 - at) * sizeof(*best));
	best[at] = (struct candidate){ j, score };
}

static int
pair_order(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	if (x->known != y->known)
		return x->known < y->known ? -1 : 1;
	return x->found < y->found ? -1 : x->found > y->found;
}

/* The candidates of all known ports that are not settled. @return owned */
static struct pair *
pairs_new(struct match *m, size_t *n)
{
	struct pair *pair = xcalloc(m->nknown * CANDIDATES + 1, sizeof(*pair));

	*n = 0;
	for (size_t i = 0; i < m->nknown; i++) {
		if (m->known[i].found != PORT_NONE || m->known[i].asked)
			continue;
		for (size_t j = 0; j < m->nfound; j++)
			if (m->found[j].known == PORT_NONE)
				candidate_add(m->best[i], j, points(m, i, j));
		for (int k = 0; k < CANDIDATES && m->best[i][k].score >= PORT_ASK; k++)
			pair[(*n)++] = (struct pair){ i, m->best[i][k].found, m->best[i][k].score };
	}
	qsort(pair, *n, sizeof(*pair), pair_order);
	return pair;
}

/* Where else is this, if it is on one port alone, and was so before? */
static size_t
moved_to(const struct match *m, size_t i, size_t j, enum trait k)
{
	const struct traits *a = &m->of_known[i];

	if (a->hash[k] == 0 || !a->single[k] || a->hash[k] == m->of_found[j].hash[k] ||
	    tally_count(&m->now[k], a->hash[k]) != 1)
		return PORT_NONE;
	for (size_t other = 0; other < m->nfound; other++)
		if (m->of_found[other].hash[k] == a->hash[k])
			return other;
	return PORT_NONE;
}

static void
doubt(struct port_known *p, enum port_doubt why, size_t other)
{
	if (p->fate == PORT_FATE_AMBIGUOUS)
		return;
	p->fate = PORT_FATE_AMBIGUOUS;
	p->doubt = why;
	p->other = other;
}

/* A cable has been moved, as far as the ports tell. */
static void
doubt_cabling(struct match *m, size_t i)
{
	struct port_known   *p = &m->known[i];
	const struct traits *a = &m->of_known[i], *b = &m->of_found[p->found];
	size_t		     other;

	if (m->replaced)
		return;
	if ((other = moved_to(m, i, p->found, NEIGHBOUR)) != PORT_NONE && has_both(a, b, NEIGHBOUR))
		doubt(p, PORT_DOUBT_NEIGHBOUR_MOVED, other);
	else if ((other = moved_to(m, i, p->found, ALIAS)) != PORT_NONE)
		doubt(p, PORT_DOUBT_ALIAS_MOVED, other);
	else if (p->carries_link && points_alias(m, i, p->found) < 0 && points_neighbour(m, i, p->found) <= 0)
		doubt(p, PORT_DOUBT_ALIAS, PORT_NONE);
}

/* Is another found port as much like it, and not clearly somebody else's? */
static void
doubt_second(struct match *m, size_t i)
{
	struct port_known *p = &m->known[i];

	for (int k = 0; k < CANDIDATES; k++) {
		const struct candidate *c = &m->best[i][k];
		size_t			owner;

		if (c->score < PORT_ACCEPT || c->score <= p->score - PORT_MARGIN)
			break;
		owner = m->found[c->found].known;
		if (c->found != p->found && (owner == PORT_NONE || m->known[owner].score < c->score + PORT_MARGIN))
			doubt(p, PORT_DOUBT_TWO, c->found);
	}
}

/* One that got nothing, or less, wanted a port of another's: both are in doubt when it wanted it as much. */
static void
doubt_contested(struct match *m, size_t i)
{
	for (int k = 0; k < CANDIDATES && m->best[i][k].score >= PORT_ACCEPT; k++) {
		const struct candidate *c = &m->best[i][k];
		size_t			owner = m->found[c->found].known;
		struct port_known      *p = &m->known[i], *o;

		if (owner == PORT_NONE || owner == i)
			continue;
		o = &m->known[owner];
		if (c->score <= o->score - PORT_MARGIN || p->score >= c->score + PORT_MARGIN || (o->here && !p->here))
			continue;
		doubt(o, PORT_DOUBT_CONTESTED, c->found);
		if (p->found == PORT_NONE)
			p->found = c->found;
		doubt(p, PORT_DOUBT_CONTESTED, c->found);
	}
}

/* A link's port that nothing is enough like: the likeliest that nobody else has. */
static void
doubt_little(struct match *m, size_t i)
{
	struct port_known	*p = &m->known[i];
	const struct candidate	*c = &m->best[i][0];

	if (!p->carries_link || c->score < PORT_ASK || m->found[c->found].known != PORT_NONE)
		return;
	p->found = c->found;
	p->score = c->score;
	doubt(p, PORT_DOUBT_LITTLE, PORT_NONE);
}

/* Nobody asks about a port that has been gone for long and carries nothing. */
static void
release_doubtful(struct match *m)
{
	for (size_t i = 0; i < m->nknown; i++) {
		struct port_known *p = &m->known[i];

		if (p->fate != PORT_FATE_AMBIGUOUS)
			continue;
		if (m->found[p->found].known == i)
			m->found[p->found].known = PORT_NONE;
		if (p->here || p->carries_link)
			continue;
		p->fate = PORT_FATE_GONE;
		p->doubt = PORT_DOUBT_NONE;
		p->found = p->other = PORT_NONE;
	}
}

static void
settle_changed(struct match *m)
{
	struct pair *pair;
	size_t	     n, i;

	pair = pairs_new(m, &n);
	for (i = 0; i < n; i++)
		if (pair[i].score >= PORT_ACCEPT && m->known[pair[i].known].found == PORT_NONE &&
		    m->found[pair[i].found].known == PORT_NONE)
			pair_take(m, pair[i].known, pair[i].found, pair[i].score);
	free(pair);
	for (i = 0; i < m->nknown; i++)
		if (m->known[i].found != PORT_NONE && m->best[i][0].score > 0) {
			doubt_cabling(m, i);
			doubt_second(m, i);
		}
	for (i = 0; i < m->nknown; i++)
		doubt_contested(m, i);
	for (i = 0; i < m->nknown; i++)
		if (m->known[i].found == PORT_NONE)
			doubt_little(m, i);
}

void
port_match(struct port_known *known, size_t nknown, struct port_seen *found, size_t nfound)
{
	struct match m = { .known = known, .nknown = nknown, .found = found, .nfound = nfound };
	size_t	     i;

	for (i = 0; i < nknown; i++) {
		known[i].fate = PORT_FATE_GONE;
		known[i].doubt = PORT_DOUBT_NONE;
		known[i].found = known[i].other = PORT_NONE;
		known[i].score = 0;
	}
	for (i = 0; i < nfound; i++)
		found[i].known = PORT_NONE;
	match_init(&m);
	settle_unchanged(&m);
	settle_changed(&m);
	release_doubtful(&m);
	match_fini(&m);
}
