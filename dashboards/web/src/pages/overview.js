// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Ringkasan: the city now. Counts, all sites in fixed places, what is wrong, and the two lines worth watching.
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { shortName } from '../words.js';
import '../parts/alerts.js';
import '../parts/counts.js';
import '../parts/lanes.js';
import '../parts/smoke.js';
import '../parts/tiles.js';
import '../parts/traffic.js';

/** How often another line may become the worst one: a graph that jumps cannot be read. */
const CALM_MS = 60000;
/** And how soon a line without values gives way to one with. */
const SOON_MS = 5000;

/** The line to the Internet: of the node that passes through none, else the one that carries most. */
function uplink() {
	let best = null, bestRank = -1;
	for (const l of store.links.values()) {
		const s = store.sites.get(l.site);
		const measured = l.rx_bps !== null;
		const rank = (measured ? 1e15 : 0) + (s?.kind === 'node' && !s.parent ? 1e14 : 0) + (l.rx_bps ?? 0);
		if (l.state !== 'planned' && rank > bestRank && (measured || s?.kind === 'node')) {
			best = l;
			bestRank = rank;
		}
	}
	return best;
}

/** The line that answers worst: most loss, then longest delay. Dead ones have no delay to draw. */
function worstLink() {
	let best = null, bestRank = -1;
	for (const l of store.links.values()) {
		const rank = (l.loss_pct ?? 0) * 1e6 + (l.rtt_ms ?? 0);
		if ((l.state === 'ok' || l.state === 'warn' || l.state === 'backup') && l.rtt_ms !== null && rank > bestRank) {
			best = l;
			bestRank = rank;
		}
	}
	return best;
}

class Overview extends View {
	static topics = /** @type {any} */ (['loaded', 'links']);

	constructor() {
		super();
		/** @type {import('../store.js').Link|null} */
		this.uplink = null;
		/** @type {import('../store.js').Link|null} */
		this.worst = null;
		this.chosen = 0;
	}

	/** @param {Set<string>} ids */
	changed(ids) {
		const calm = this.uplink?.rx_bps == null || this.worst?.rtt_ms == null ? SOON_MS : CALM_MS;
		if (ids.size === 0 || Date.now() - this.chosen > calm) {
			this.choose();
			this.requestUpdate();
		}
	}

	connectedCallback() {
		super.connectedCallback();
		this.choose();
	}

	choose() {
		if (!store.loaded)
			return;
		this.chosen = Date.now();
		this.uplink = uplink();
		this.worst = worstLink();
	}

	/** @param {import('../store.js').Link|null} l @param {string} title @param {string} none @param {any} graph */
	graph(l, title, none, graph) {
		return html`<section class="panel graph"><header><h2>${l ? html`<a href=${`/tautan/${l.id}?range=24h`}>${title}</a>` : title}</h2></header>
			${l ? graph : store.loaded ? html`<p class="empty">${none}</p>` : nothing}</section>`;
	}

	render() {
		const up = this.uplink, worst = this.worst;
		const name = (/** @type {import('../store.js').Link} */ l) => `${shortName(store.sites.get(l.site)) || l.site_name} (${l.id})`;
		return html`<h1 class="hide" tabindex="-1">${t('page.overview')}</h1>
			<section class="counts-area"><simpul-counts></simpul-counts></section>
			<section class="panel tiles-area"><header><h2>${t('tiles.title')}</h2><span class="m">${t('tiles.legend')}</span></header><simpul-tiles></simpul-tiles></section>
			<section class="panel alerts-area"><simpul-alerts></simpul-alerts></section>
			${this.graph(up, up ? t('overview.uplink', { name: name(up) }) : t('overview.uplink.title'), t('overview.uplink.none'),
		html`<simpul-traffic link=${up?.id ?? ''} fixed="24h"></simpul-traffic>`)}
			${this.graph(worst, worst ? t('overview.worst', { name: name(worst) }) : t('overview.worst.title'), t('overview.worst.none'),
		html`<simpul-smoke link=${worst?.id ?? ''} fixed="24h"></simpul-smoke>`)}
			<section class="panel lanes-area"><simpul-lanes></simpul-lanes></section>`;
	}
}

customElements.define('simpul-overview', Overview);
