// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// One incident: what fell, since when, who has it, why the engine says so, what it took along.
import { moment } from '../format.js';
import { t, has } from '../i18n.js';
import { store } from '../store.js';
import { html, nothing, ticks } from '../view.js';
import { ackBy, causeWord, incidentState, incidentTitle, refHref } from '../words.js';
import { openAck } from '../parts/ack.js';
import { incidentAge } from '../parts/alerts.js';
import { evidenceList } from '../parts/evidence.js';
import { ObjectPage } from '../parts/page.js';
import { mark, stateLabel } from '../parts/state.js';
import '../parts/recorder.js';
import { facts } from './facts.js';

/** Page code of a member's word. @type {Record<string, string>} */
const MEMBER_CODE = { down: 'down', pending: 'unknown', degraded: 'warn', unreachable: 'impacted', affected: 'impacted' };

class IncidentPage extends ObjectPage {
	static topics = /** @type {any} */ (['incidents', 'loaded', 'session']);

	path() {
		return `/incidents/${this.object}`;
	}

	/** @param {any} m member */
	member(m) {
		const href = refHref(m.object), code = MEMBER_CODE[m.state] ?? 'unknown';
		const word = has('member.' + m.state) ? t('member.' + m.state) : m.state;
		return html`<tr data-nav-item><th scope="row">${href ? html`<a href=${href} data-nav-focus>${m.object.split('/')[1]}</a>` : m.object}</th><td>${m.name ?? '–'}</td>
			<td>${stateLabel(m.until ? 'ok' : code, m.until ? t('member.back') : word, 14)}</td><td>${moment(m.since, store.now())}</td><td>${m.until ? moment(m.until, store.now()) : '–'}</td></tr>`;
	}

	/** @param {any} d */
	ack(d) {
		const a = d.acked;
		if (a)
			return html`<div class="notice"><b>${t('incident.acked', { by: ackBy(a), t: moment(a.at, store.now()) })}</b><br>${a.comment}
				${a.until ? html`<br><small>${t('incident.until', { t: moment(a.until, store.now()) })}</small>` : nothing}</div>`;
		if (d.state === 'closed')
			return html`<p class="m">${t('incident.never_acked')}</p>`;
		return html`<p>${t('alert.unacked')}</p>`;
	}

	render() {
		const d = this.data;
		if (!d || this.problem?.status === 404)
			return this.trouble();
		const site = d.site ? store.sites.get(d.site) : null, href = d.root ? refHref(d.root) : null;
		return html`<div class="page" data-incident=${d.id}>
			<section class="panel hero edge-${incidentState(d)}"><div class="hero-mark">${mark(incidentState(d), 40)}</div><div><h1 tabindex="-1">${incidentTitle(d)}</h1>
				<p class="big">${d.state === 'closed' ? t('incident.took', { t: incidentAge(d) }) : ticks(() => incidentAge(d))}
				<small>${d.closed ? html`${moment(d.opened, store.now())} – ${moment(d.closed, store.now())}` : t('since', { t: moment(d.opened, store.now()) })}</small></p>
				${this.ack(d)}
				${store.mayAck() && d.state === 'open' ? html`<p><button type="button" class="button strong" @click=${() => openAck(d.id)}>${d.acked ? t('ack.renew') : t('ack.do')} <kbd aria-hidden="true">A</kbd></button></p>` : nothing}</div>
				${facts([[t('incident.label'), `#${d.number}`], [t('col.severity'), t('severity.' + d.severity)], [t('col.state'), t(d.state === 'closed' ? 'incident.closed' : 'incident.open')],
		[t('incident.root'), href ? html`<a href=${href}>${d.root.split('/')[1]}</a>` : d.root], [t('col.site'), d.site ? html`<a href=${'/situs/' + d.site}>${site?.name ?? d.site_name}</a>` : null],
		[t('incident.cause'), causeWord(d.cause)]])}</section>
			<section class="panel"><header><h2>${t('evidence.title')}</h2></header>${evidenceList(d.evidence)}</section>
			<simpul-recorder incident=${d.id}></simpul-recorder>
			<section class="panel"><header><h2>${t('incident.members')}</h2><span class="m">${t('incident.lines', { n: d.members.length })}</span></header>
				${d.members.length ? html`<div class="scroll" tabindex="0" role="region" aria-label=${t('incident.members')}><table class="table" data-nav-list><thead><tr>
				${['link', 'site', 'state', 'from', 'until'].map(c => html`<th scope="col">${t('col.' + c)}</th>`)}</tr></thead>
				<tbody>${d.members.map((/** @type {any} */ m) => this.member(m))}</tbody></table></div>` : html`<p class="empty">${t('incident.no_members')}</p>`}</section></div>`;
	}
}

customElements.define('simpul-incident', IncidentPage);
