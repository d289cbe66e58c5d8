// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// All services as a table, trouble first. Filters are in the URL. There are tens of them, and they change seldom: they are fetched as
// a whole, not followed by events.
import { brief, compareText, instant, ms, number } from '../format.js';
import { has, t } from '../i18n.js';
import { here, setQuery } from '../router.js';
import { STATES, store } from '../store.js';
import { html, nothing, repeat } from '../view.js';
import { detailWord, stateWord } from '../words.js';
import { capital } from '../parts/counts.js';
import { ObjectPage } from '../parts/page.js';
import { stateLabel } from '../parts/state.js';

const COLUMNS = ['state', 'service', 'kind', 'site', 'owner', 'time', 'cert', 'since', 'reason'];
const NUMERIC = ['time', 'cert', 'since'];
const CERT_SOON = 30;

/**
 * @typedef {{id: string, site: string, site_name: string, kind: string, class: string, life: string, owner: string|null, target?: string|null,
 *	state: string, state_detail: string, since: string|null, total_ms: number|null, ttfb_ms: number|null, cert_days: number|null,
 *	reason: string|null, incident: string|null, age_s: number|null}} Service
 */

/** "http" is a word as it is; "push" is not. @param {string} kind */
export function serviceKind(kind) {
	return has('service.kind.' + kind) ? t('service.kind.' + kind) : kind;
}

/** Days of the certificate, amber when they are few. @param {Service} s */
export function certText(s) {
	return s.cert_days === null ? '–' : html`<span class=${s.cert_days < CERT_SOON ? 'age doubtful' : ''}>${t('service.days', { n: s.cert_days })}</span>`;
}

/** A row of a table of services. @param {Service} s @param {string[]} columns */
export function serviceRow(s, columns) {
	const since = instant(s.since);
	/** @type {Record<string, () => any>} */
	const cells = {
		state: () => html`<td>${stateLabel(s.state, detailWord(s), 14)}</td>`,
		service: () => html`<th scope="row"><a href=${'/layanan/' + s.id} data-nav-focus>${s.id}</a></th>`,
		kind: () => html`<td>${serviceKind(s.kind)}</td>`,
		site: () => html`<td><a href=${'/situs/' + s.site}>${s.site_name}</a></td>`,
		owner: () => html`<td>${s.owner ?? '–'}</td>`,
		time: () => html`<td class="n">${ms(s.total_ms)}</td>`,
		cert: () => html`<td class="n">${certText(s)}</td>`,
		since: () => html`<td class="n">${since === null ? '–' : brief((store.now() - since) / 1000)}</td>`,
		reason: () => html`<td>${s.reason ? html`<span lang="en">${s.reason}</span>` : '–'}</td>`,
	};
	return html`<tr data-nav-item>${columns.map(c => cells[c]())}</tr>`;
}

/** @param {string[]} columns */
export function serviceHead(columns) {
	return html`<thead><tr>${columns.map(c => html`<th scope="col" class=${NUMERIC.includes(c) ? 'n' : ''}>${t('col.' + c)}</th>`)}</tr></thead>`;
}

class Services extends ObjectPage {
	static topics = /** @type {any} */ (['sites', 'incidents', 'loaded', 'session']);
	static properties = { object: { type: String }, query: { type: String } };

	constructor() {
		super();
		this.object = 'services';
		this.query = '';
	}

	path() {
		return '/services?limit=500';
	}

	concerns() {
		return true;
	}

	/** @param {string} key @param {string[]} values @param {(v: string) => string} word */
	choice(key, values, word) {
		const now = here().query.get(key) ?? '';
		return html`<label>${t('col.' + key)} <select @change=${(/** @type {any} */ e) => setQuery({ [key]: e.target.value })}>
			<option value="" ?selected=${now === ''}>${t('filter.all')}</option>
			${values.map(v => html`<option value=${v} ?selected=${now === v}>${word(v)}</option>`)}</select></label>`;
	}

	/** @param {Service[]} all */
	rows(all) {
		const query = here().query, q = (query.get('q') ?? '').trim().toLowerCase();
		const want = (/** @type {string} */ key, /** @type {string|null} */ v) => !query.get(key) || query.get(key) === v;
		return all.filter(s => want('state', s.state) && want('kind', s.kind) && want('owner', s.owner) &&
			(!q || [s.id, s.site_name, s.owner, s.target].some(v => (v ?? '').toLowerCase().includes(q))))
			.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || compareText(a.id, b.id));
	}

	render() {
		if (!this.data)
			return this.trouble();
		/** @type {Service[]} */
		const all = this.data.items, rows = this.rows(all);
		const of = (/** @type {(s: Service) => string|null} */ f) => /** @type {string[]} */ ([...new Set(all.map(f))].filter(v => v)).sort(compareText);
		return html`<div class="page"><h1 tabindex="-1">${t('page.services')}</h1>
			<div class="filters" role="search"><label>${t('filter.q')} <input type="search" .value=${here().query.get('q') ?? ''} @input=${(/** @type {any} */ e) => setQuery({ q: e.target.value })}></label>
			${this.choice('state', STATES, v => capital(stateWord(v)))}${this.choice('kind', of(s => s.kind), serviceKind)}${this.choice('owner', of(s => s.owner), v => v)}</div>
			<p class="m" role="status">${t('services.count', { n: rows.length, all: number(this.data.total) })}</p>
			<section class="panel flush"><div class="scroll" tabindex="0" role="region" aria-label=${t('page.services')}><table class="table" data-nav-list><caption class="hide">${t('page.services')}</caption>
			${serviceHead(COLUMNS)}<tbody>${repeat(rows, s => s.id, s => serviceRow(s, COLUMNS))}</tbody></table></div>
			${rows.length === 0 ? html`<p class="empty">${t(all.length ? 'services.none' : 'services.empty')}</p>` : nothing}</section></div>`;
	}
}

customElements.define('simpul-services', Services);
