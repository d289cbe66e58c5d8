// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// A page about one object: fetches it, fetches it again when the store says that it changed, and says what is wrong.
import { Problem, get } from '../api.js';
import { duration } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing, ticks } from '../view.js';
import { problemText } from '../words.js';

/** At most one fetch in this time, however fast the news are. */
const CALM_MS = 2000;
/** And one in this time without any, so that ages are true. */
const REFRESH_MS = 10000;
/** Two missed rounds of 10 s make a value doubtful, three make it old. */
const DOUBTFUL_S = 25, OLD_S = 40;

export class ObjectPage extends View {
	static properties = { object: { type: String } };

	constructor() {
		super();
		this.object = '';
		/** @type {any} */
		this.data = null;
		/** @type {Problem|null} */
		this.problem = null;
		this.fetched = 0;
		this.wanted = false;
		this.slow = false;
	}

	connectedCallback() {
		super.connectedCallback();
		this.timer = setInterval(() => {
			if (!document.hidden && !store.isStale())
				this.load();
		}, REFRESH_MS);
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		clearInterval(this.timer);
		clearTimeout(this.later);
	}

	/** @param {Map<string, any>} changed */
	willUpdate(changed) {
		if (changed.has('object') && this.object) {
			this.data = null;
			this.problem = null;
			this.load();
		}
	}

	/** @returns {string} path of the API */
	path() {
		return '';
	}

	/** Is one of these ids a reason to fetch again? @param {Set<string>} ids */
	concerns(ids) {
		return ids.size === 0 || ids.has(this.object);
	}

	/** @param {Set<string>} ids */
	changed(ids) {
		if (this.concerns(ids) && this.object) {
			clearTimeout(this.later);
			this.later = setTimeout(() => this.load(), Math.max(0, this.fetched + CALM_MS - Date.now()));
		}
		this.requestUpdate();
	}

	async load() {
		const object = this.object;
		this.fetched = Date.now();
		const late = setTimeout(() => {
			this.slow = true;
			this.requestUpdate();
		}, 300);
		try {
			const data = await get(this.path());
			if (object !== this.object)
				return;
			this.data = data;
			this.arrived = Date.now();
			this.problem = null;
			this.shown();
		} catch (e) {
			if (!(e instanceof Problem))
				throw e;
			if (object === this.object)
				this.problem = e;
		} finally {
			clearTimeout(late);
			this.slow = false;
			this.requestUpdate();
		}
	}

	/** Called after each arrival: the title of the document depends on it. */
	shown() {
		this.dispatchEvent(new CustomEvent('named', { bubbles: true }));
	}

	/** Age of a value of the data, s. @param {number|null} ageS as the server said it */
	age(ageS) {
		return ageS === null ? null : ageS + (Date.now() - (this.arrived ?? Date.now())) / 1000;
	}

	/** "diperiksa 8 dtk lalu", amber when doubtful. @param {number|null} ageS */
	ageText(ageS) {
		const age = this.age(ageS);
		if (age === null)
			return html`<span class="age old">${t('age.never')}</span>`;
		return html`<span class="age ${age > OLD_S ? 'old' : age > DOUBTFUL_S ? 'doubtful' : ''}">${ticks(() => t('age.checked', { t: duration(this.age(ageS)) }))}</span>`;
	}

	/** In place of the page when there is nothing to show. */
	trouble() {
		if (this.problem && (!this.data || this.problem.status === 404))
			return html`<div class="panel message" role="alert"><h1 tabindex="-1">${this.problem.status === 404 ? t('missing.title') : t('problem.title')}</h1>
				<p>${this.problem.status === 404 ? t('missing.object', { id: this.object }) : problemText(this.problem)}</p>
				<p><a class="button plain" href="/">${t('missing.home')}</a> <button class="button plain" @click=${() => this.load()}>${t('retry')}</button></p></div>`;
		return this.slow ? html`<div class="panel skeleton" aria-busy="true"><p>${t('loading')}</p></div>` : nothing;
	}
}
