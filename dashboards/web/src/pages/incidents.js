// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// All incidents: the open ones live, the closed ones page by page. The filter is in the URL.
import { Problem, get } from '../api.js';
import { t } from '../i18n.js';
import { here, setQuery } from '../router.js';
import { store } from '../store.js';
import { View, html, nothing } from '../view.js';
import { problemText } from '../words.js';
import { incidentList } from '../parts/evidence.js';
import '../parts/alerts.js';

const PAGE = 50;

class Incidents extends View {
	static topics = /** @type {any} */ (['incidents', 'loaded']);
	static properties = { query: { type: String } };

	constructor() {
		super();
		this.query = '';
		/** @type {import('../store.js').Incident[]} */
		this.closed = [];
		/** @type {string|null} */
		this.next = '';
		this.error = '';
		this.busy = false;
	}

	get which() {
		return here().query.get('state') === 'closed' ? 'closed' : 'open';
	}

	updated() {
		if (this.which === 'closed' && this.next === '' && !this.busy && !this.error)
			this.more();
	}

	async more() {
		this.busy = true;
		this.error = '';
		try {
			const page = await get(`/incidents?state=closed&limit=${PAGE}${this.next ? '&cursor=' + encodeURIComponent(this.next) : ''}`);
			this.closed.push(...page.items);
			this.next = page.next;
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;
			this.error = problemText(e);
		}
		this.busy = false;
		this.requestUpdate();
	}

	/** @param {string} which */
	pick(which) {
		this.closed = [];
		this.next = '';
		setQuery({ state: which === 'open' ? null : which }, true);
	}

	render() {
		const which = this.which;
		return html`<div class="page"><h1 tabindex="-1">${t('page.incidents')}</h1>
			<div class="filters" role="group" aria-label=${t('filter.title')}>${['open', 'closed'].map(w => html`<button type="button" class="chip" aria-pressed=${which === w}
				@click=${() => this.pick(w)}>${t('incidents.' + w)}</button>`)}</div>
			${which === 'open' ? html`<section class="panel wide-alerts"><simpul-alerts limit="500"></simpul-alerts></section>` : html`<section class="panel">
				<header><h2>${t('incidents.closed')}</h2></header>
				${this.closed.length ? incidentList(this.closed) : this.next === null && store.loaded ? html`<p class="empty">${t('incidents.none')}</p>` : nothing}
				${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
				${this.next || this.error ? html`<p class="empty"><button type="button" class="button plain" ?disabled=${this.busy} @click=${() => this.more()}>${this.error ? t('retry') : t('more')}</button></p>` : nothing}</section>`}</div>`;
	}
}

customElements.define('simpul-incidents', Incidents);
