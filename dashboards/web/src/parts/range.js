// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The time range of a page's graphs. It lives in the URL: ?range=24h follows the clock, ?from=&to= (unix s) stands.
import { fromField, moment, toField } from '../format.js';
import { t } from '../i18n.js';
import { here, onUrl, setQuery } from '../router.js';
import { store } from '../store.js';
import { View, html } from '../view.js';
import { DEFAULT_RANGE, RANGES, rangeOf } from './range-of.js';

const SHORTEST_S = 300;

export function currentRange() {
	return rangeOf(here().query, store.now() / 1000);
}

/** @param {number} from @param {number} to unix s */
export function showRange(from, to) {
	const middle = (from + to) / 2, half = Math.max(SHORTEST_S, to - from) / 2;
	const end = Math.min(middle + half, store.now() / 1000);
	setQuery({ from: Math.floor(end - 2 * half), to: Math.floor(end), range: null }, true);
}

/** @param {string} name */
export function showLive(name) {
	setQuery({ from: null, to: null, range: name === DEFAULT_RANGE ? null : name }, true);
}

class RangeBar extends View {
	connectedCallback() {
		super.connectedCallback();
		this.offUrl = onUrl(() => this.requestUpdate());
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		this.offUrl?.();
	}

	/** @param {number} factor */
	zoom(factor) {
		const r = currentRange(), middle = (r.from + r.to) / 2, half = (r.to - r.from) / 2 * factor;
		showRange(middle - half, middle + half);
	}

	/** @param {number} share of the range */
	move(share) {
		const r = currentRange(), d = (r.to - r.from) * share;
		showRange(r.from + d, r.to + d);
	}

	/** @param {SubmitEvent} e */
	submit(e) {
		e.preventDefault();
		const data = new FormData(/** @type {HTMLFormElement} */ (e.target));
		const from = fromField(String(data.get('from'))), to = fromField(String(data.get('to')));
		if (from !== null && to !== null && to > from)
			setQuery({ from, to, range: null }, true);
	}

	render() {
		const r = currentRange();
		return html`<div class="range" role="group" aria-label=${t('range.title')}>
			<div class="range-row">${Object.keys(RANGES).map(name => html`<button type="button" class="chip" aria-pressed=${r.name === name}
				@click=${() => showLive(name)}>${t('range.' + name)}</button>`)}
			<button type="button" class="chip" aria-label=${t('range.earlier')} @click=${() => this.move(-0.5)}>‹</button>
			<button type="button" class="chip" aria-label=${t('range.later')} @click=${() => this.move(0.5)}>›</button>
			<button type="button" class="chip" aria-label=${t('range.in')} @click=${() => this.zoom(0.5)}>+</button>
			<button type="button" class="chip" aria-label=${t('range.out')} @click=${() => this.zoom(2)}>−</button>
			<button type="button" class="chip" data-zoom-out ?hidden=${r.live} @click=${() => showLive(DEFAULT_RANGE)}>${t('range.reset')} <kbd aria-hidden="true">0</kbd></button></div>
			<details class="range-fields"><summary>${moment(r.from * 1000, store.now())} – ${r.live ? t('range.now') : moment(r.to * 1000, store.now())}</summary>
			<form @submit=${this.submit}><label>${t('range.from')} <input type="datetime-local" name="from" required .value=${toField(r.from * 1000)}></label>
			<label>${t('range.to')} <input type="datetime-local" name="to" required .value=${toField(r.to * 1000)}></label>
			<button class="button plain">${t('range.show')}</button></form></details></div>`;
	}
}

customElements.define('simpul-range', RangeBar);
