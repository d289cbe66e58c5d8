// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// All sites as a table. Filters and order are in the URL; only the rows near the window exist, so that thousands scroll.
import { brief, compareText, instant, ms, number, percent, rate } from '../format.js';
import { t, has } from '../i18n.js';
import { here, setQuery } from '../router.js';
import { STATES, store } from '../store.js';
import { View, html, nothing, repeat } from '../view.js';
import { detailWord, stateWord } from '../words.js';
import { capital } from '../parts/counts.js';
import { stateLabel } from '../parts/state.js';

/** Height of a row as the style sheet sets it, on a desk and on a phone. */
const ROW_PX = 40, ROW_PHONE_PX = 76;
const SPARE_ROWS = 20;
const COLUMNS = ['state', 'site', 'district', 'kind', 'rtt', 'loss', 'in', 'out', 'since'];
const NUMERIC = ['rtt', 'loss', 'in', 'out', 'since'];

/** @typedef {import('../store.js').Site} Site */
/** @param {number|null} a @param {number|null} b what is not known comes last */
const byNumber = (a, b) => (a ?? -1) - (b ?? -1);
/** @type {Record<string, (a: Site, b: Site) => number>} */
const ORDERS = {
	state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || compareText(a.name, b.name),
	site: (a, b) => compareText(a.name, b.name),
	district: (a, b) => compareText(a.district ?? '~', b.district ?? '~') || compareText(a.name, b.name),
	kind: (a, b) => compareText(a.kind ?? '~', b.kind ?? '~') || compareText(a.name, b.name),
	rtt: (a, b) => byNumber(b.rtt_ms, a.rtt_ms),
	loss: (a, b) => byNumber(b.loss_pct, a.loss_pct),
	in: (a, b) => byNumber(b.rx_bps, a.rx_bps),
	out: (a, b) => byNumber(b.tx_bps, a.tx_bps),
	since: (a, b) => byNumber(instant(b.since), instant(a.since)),
};

/** Does a site fit what was typed? Name, id, provider or address of one of its lines. @param {Site} s @param {string} q in small letters */
export function siteMatches(s, q) {
	if (s.name.toLowerCase().includes(q) || (s.short ?? '').toLowerCase().includes(q) || s.id.includes(q))
		return true;
	return s.links.some(x => {
		const l = store.links.get(x.id);
		return l && ((l.provider ?? '').toLowerCase().includes(q) || (l.address ?? '').includes(q) || l.id.includes(q));
	});
}

class Sites extends View {
	static topics = /** @type {any} */ (['sites', 'links', 'loaded']);
	static properties = { query: { type: String } };

	constructor() {
		super();
		this.query = '';
		this.first = 0;
		this.onScroll = () => {
			if (this.window()[0] !== this.first)
				this.requestUpdate();
		};
	}

	connectedCallback() {
		super.connectedCallback();
		addEventListener('scroll', this.onScroll, { passive: true });
		addEventListener('resize', this.onScroll, { passive: true });
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('scroll', this.onScroll);
		removeEventListener('resize', this.onScroll);
	}

	rowHeight() {
		return matchMedia('(max-width: 900px)').matches ? ROW_PHONE_PX : ROW_PX;
	}

	/** First and last row worth making. */
	window() {
		const body = this.querySelector('tbody'), h = this.rowHeight();
		const top = body ? -body.getBoundingClientRect().top : 0;
		const first = Math.max(0, Math.floor(top / h / SPARE_ROWS) * SPARE_ROWS - SPARE_ROWS);
		return [first, first + Math.ceil(innerHeight / h) + 3 * SPARE_ROWS];
	}

	/** @returns {Site[]} */
	rows() {
		const query = here().query, order = query.get('sort') ?? '';
		const q = (query.get('q') ?? '').trim().toLowerCase();
		const want = (/** @type {string} */ key, /** @type {string|null} */ v) => !query.get(key) || query.get(key) === v;
		const rows = [...store.sites.values()].filter(s => want('state', s.state) && want('district', s.district) && want('kind', s.kind) &&
			(!query.get('provider') || s.links.some(l => store.links.get(l.id)?.provider === query.get('provider'))) && (!q || siteMatches(s, q)));
		if (ORDERS[order])
			rows.sort(ORDERS[order]);
		return query.get('dir') === 'desc' ? rows.reverse() : rows;
	}

	/** @param {string} c */
	sortBy(c) {
		const query = here().query, same = query.get('sort') === c;
		setQuery({ sort: same && query.get('dir') === 'desc' ? null : c, dir: same && query.get('dir') !== 'desc' ? 'desc' : null });
	}

	/** @param {string} key @param {string[]} values @param {(v: string) => string} word */
	choice(key, values, word) {
		const now = here().query.get(key) ?? '';
		return html`<label>${t('col.' + key)} <select @change=${(/** @type {any} */ e) => setQuery({ [key]: e.target.value })}>
			<option value="" ?selected=${now === ''}>${t('filter.all')}</option>
			${values.map(v => html`<option value=${v} ?selected=${now === v}>${word(v)}</option>`)}</select></label>`;
	}

	filters() {
		const of = (/** @type {(s: Site) => string|null} */ f) => [...new Set([...store.sites.values()].map(f))].filter(v => v).sort((a, b) => compareText(/** @type {string} */ (a), /** @type {string} */ (b)));
		const providers = [...new Set([...store.links.values()].map(l => l.provider))].filter(v => v).sort();
		return html`<div class="filters" role="search"><label>${t('filter.q')} <input type="search" .value=${here().query.get('q') ?? ''} @input=${(/** @type {any} */ e) => setQuery({ q: e.target.value })}></label>
			${this.choice('state', STATES, v => capital(stateWord(v)))}
			${this.choice('district', /** @type {string[]} */ (of(s => s.district)), v => v)}
			${this.choice('kind', /** @type {string[]} */ (of(s => s.kind)), kindWord)}
			${this.choice('provider', /** @type {string[]} */ (providers), v => v)}</div>`;
	}

	/** @param {Site} s */
	row(s) {
		const since = instant(s.since);
		return html`<tr class="row ${s.state}" data-nav-item><td class="c-state">${stateLabel(s.state, detailWord(s), 14)}</td>
			<th scope="row" class="c-site"><a href=${'/situs/' + s.id} data-nav-focus>${s.name}</a></th><td class="c-district">${s.district ?? '–'}</td><td class="c-kind">${s.kind ? kindWord(s.kind) : '–'}</td>
			<td class="n c-rtt">${ms(s.rtt_ms)}</td><td class="n c-loss">${percent(s.loss_pct)}</td><td class="n c-in">${rate(s.rx_bps)}</td><td class="n c-out">${rate(s.tx_bps)}</td>
			<td class="n c-since">${since === null ? '–' : brief((store.now() - since) / 1000)}</td></tr>`;
	}

	/** @param {string} c @param {string} now @param {boolean} desc */
	head(c, now, desc) {
		return html`<th scope="col" class="${NUMERIC.includes(c) ? 'n' : ''} c-${c}" aria-sort=${now === c ? desc ? 'descending' : 'ascending' : nothing}>
			<button type="button" @click=${() => this.sortBy(c)}>${t('col.' + c)}<span aria-hidden="true">${now === c ? desc ? ' ↓' : ' ↑' : ''}</span></button></th>`;
	}

	render() {
		const rows = this.rows(), query = here().query, [first, last] = this.window(), h = this.rowHeight();
		this.first = first;
		const shown = rows.slice(first, last), gap = (/** @type {number} */ n) => n > 0 ? html`<tr class="gap" aria-hidden="true"><td colspan="9"><svg width="1" height=${n * h} aria-hidden="true"></svg></td></tr>` : nothing;
		return html`<div class="page"><h1 tabindex="-1">${t('page.sites')}</h1>${this.filters()}
			<p class="m" role="status">${t('sites.count', { n: rows.length, all: number(store.sites.size) })}</p>
			<section class="panel flush"><table class="table sites" data-nav-list aria-rowcount=${rows.length + 1}><caption class="hide">${t('page.sites')}</caption>
			<thead><tr>${COLUMNS.map(c => this.head(c, query.get('sort') ?? '', query.get('dir') === 'desc'))}</tr></thead>
			<tbody>${gap(first)}${repeat(shown, s => s.id, s => this.row(s))}${gap(rows.length - last)}</tbody></table>
			${store.loaded && rows.length === 0 ? html`<p class="empty">${t('sites.none')} <button type="button" class="button plain" @click=${() => setQuery({ q: null, state: null, district: null, kind: null, provider: null })}>${t('filter.clear')}</button></p>` : nothing}</section></div>`;
	}
}

/** @param {string} kind */
export function kindWord(kind) {
	return has('kind.' + kind) ? t('kind.' + kind) : kind;
}

customElements.define('simpul-sites', Sites);
