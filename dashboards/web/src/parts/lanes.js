// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The last day's incidents, one lane per site.
import { duration, hourMinute, instant } from '../format.js';
import { t } from '../i18n.js';
import { store } from '../store.js';
import { View, html, nothing, svg } from '../view.js';
import { incidentState, incidentTitle, shortName } from '../words.js';

const DAY_MS = 86400e3;
const LANES = 7;

class Lanes extends View {
	static topics = /** @type {any} */ (['incidents', 'loaded']);

	/** @returns {[string, import('../store.js').Incident[]][]} site and its incidents, the latest first */
	lanes() {
		const from = store.now() - DAY_MS;
		/** @type {Map<string, import('../store.js').Incident[]>} */
		const lanes = new Map();
		const recent = [...store.incidents.values()].filter(i => (instant(i.closed) ?? Infinity) > from && i.site)
			.sort((a, b) => (instant(b.opened) ?? 0) - (instant(a.opened) ?? 0));
		for (const i of recent) {
			const site = /** @type {string} */ (i.site);
			lanes.set(site, [...lanes.get(site) ?? [], i]);
		}
		return [...lanes];
	}

	/** @param {import('../store.js').Incident} i @param {number} from */
	bar(i, from) {
		const a = Math.max(0, ((instant(i.opened) ?? from) - from) / DAY_MS * 1000);
		const b = Math.min(1000, ((instant(i.closed) ?? store.now()) - from) / DAY_MS * 1000);
		const state = incidentState({ ...i, state: 'open' });
		return svg`<rect class=${'fill-' + state} x=${Math.min(a, 996)} width=${Math.max(4, b - a)} height="14" rx="2"></rect>`;
	}

	render() {
		const lanes = this.lanes(), now = store.now(), from = now - DAY_MS;
		const total = lanes.reduce((n, [, l]) => n + l.length, 0);
		const took = (/** @type {import('../store.js').Incident[]} */ l) =>
			l.reduce((s, i) => s + (Math.min(now, instant(i.closed) ?? now) - Math.max(from, instant(i.opened) ?? now)) / 1000, 0);
		return html`<header><h2>${t('lanes.title')}</h2><span class="m">${t('lanes.count', { n: total })}</span></header>
			${lanes.length ? html`<ul class="lanes">${lanes.slice(0, LANES).map(([site, list]) => html`<li><a href=${'/situs/' + site}>
				<span>${shortName(store.sites.get(site)) || list[0].site_name}</span><svg class="lane" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">${list.map(i => this.bar(i, from))}</svg>
				<em>${duration(took(list))}</em><span class="hide">: ${list.map(i => `${incidentTitle(i)}, ${hourMinute(i.opened)} WIB`).join('; ')}</span></a></li>`)}</ul>
				<div class="lane-axis" aria-hidden="true"><span></span><div>${[0, 6, 12, 18].map(h => html`<span>${hourMinute(from + h * 3600e3)}</span>`)}<span>${t('range.now')}</span></div><span></span></div>
				${lanes.length > LANES ? html`<p class="empty"><a href="/insiden">${t('lanes.rest', { n: lanes.length - LANES })}</a></p>` : nothing}`
			: store.loaded ? html`<p class="empty">${t('lanes.none')}</p>` : nothing}`;
	}
}

customElements.define('simpul-lanes', Lanes);
