// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Evidence, and lists of incidents and parents: what several pages show alike.
import { moment } from '../format.js';
import { lang, t } from '../i18n.js';
import { store } from '../store.js';
import { html, nothing, ticks } from '../view.js';
import { factText, incidentState, incidentTitle, stateWord } from '../words.js';
import { ackNote, incidentAge } from './alerts.js';
import { mark } from './state.js';

/** @param {{t: string|null, fact: string}[]} facts */
export function evidenceList(facts) {
	if (!facts.length)
		return html`<p class="empty">${t('evidence.none')}</p>`;
	return html`<ol class="evidence">${facts.map(f => {
		const { text, foreign } = factText(f.fact);
		return html`<li><time>${f.t ? moment(f.t, store.now()) : t('evidence.now')}</time>
			<span lang=${foreign && lang() !== 'en' ? 'en' : nothing}>${text}</span></li>`;
	})}</ol>`;
}

/** @param {import('../store.js').Incident[]} list */
export function incidentList(list) {
	return html`<ul class="alert-list" data-nav-list>${list.map(i => html`<li class="alert slim edge-${i.state === 'closed' ? 'over' : incidentState(i)}" data-nav-item data-incident=${i.id}>
		<div class="alert-mark">${mark(incidentState(i), 20)}</div>
		<h3><a href=${'/insiden/' + i.id} data-nav-focus>${incidentTitle(i)}</a></h3>
		<div class="dur">${i.state === 'closed' ? incidentAge(i) : ticks(() => incidentAge(i))}</div>
		<p>${moment(i.opened, store.now())}${i.closed ? html` – ${moment(i.closed, store.now())}` : ''}${i.acked ? html` · ${ackNote(i)}` : nothing}</p>
		<div class="act">${i.state === 'closed' ? t('incident.closed') : i.acked ? t('alert.acked') : t('alert.unacked')} · ${t('incident.number', { number: i.number })}</div></li>`)}</ul>`;
}

/** The incident that explains a state. @param {string|null} id */
export function causeLine(id) {
	if (!id)
		return nothing;
	const known = store.incidents.get(id);
	return html`<p>${t('site.cause')} <a href=${'/insiden/' + id}>${known ? t('incident.number', { number: known.number }) : id}</a></p>`;
}

/** The way up: what it passes through, nearest first. @param {{id: string|null, name: string|null, state: string}[]} parents */
export function parentChain(parents) {
	if (!parents.length)
		return nothing;
	return html`<ol class="chain">${parents.map(p => html`<li>${p.id ? html`<a href=${'/situs/' + p.id}>${mark(p.state, 16)} ${p.name}</a>` : html`${mark(p.state, 16)} ${t('site.elsewhere')}`} <em>${stateWord(p.state)}</em></li>`)}</ol>`;
}
