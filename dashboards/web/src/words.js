// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The engine's words in the language of the reader: states, titles of incidents, evidence.
import { has, t } from './i18n.js';
import { instant, moment, ms, number } from './format.js';
import { store } from './store.js';

/** Word of a page code. @param {string} state */
export function stateWord(state) {
	return t('state.' + state);
}

/** More exact than the code where the engine is: "cadangan putus". @param {{state: string, state_detail?: string}} o */
export function detailWord(o) {
	const key = 'detail.' + o.state_detail;
	return o.state_detail && has(key) ? t(key) : stateWord(o.state);
}

/** @param {{name: string, short: string|null}|undefined} site */
export function shortName(site) {
	return site ? site.short || site.name : '';
}

/** @param {import('./store.js').Incident} i */
function rootName(i) {
	const site = i.site ? store.sites.get(i.site) : undefined;
	return site?.name ?? i.site_name ?? (i.root ? i.root.replace(/^[a-z]+\//, '') : t('site.elsewhere'));
}

/** Who has it: an office is not told the name when the fault is elsewhere. @param {import('./store.js').Ack|null} ack */
export function ackBy(ack) {
	return ack?.by ?? t('ack.noc');
}

/** The kind, but a dead line that is a site's only one means that the site is down. @param {import('./store.js').Incident} i */
export function incidentKind(i) {
	const lines = (i.site ? store.sites.get(i.site)?.links ?? [] : []).filter(l => l.state !== 'planned');
	return i.kind === 'link.down' && lines.length <= 1 ? 'site.isolated' : i.kind;
}

/** "Kelurahan Akcaya putus". @param {import('./store.js').Incident} i */
export function incidentTitle(i) {
	const key = 'incident.' + incidentKind(i);
	return t(has(key) ? key : 'incident.other', { name: rootName(i), kind: i.kind });
}

/** Why it fell; a word that is newer than the page is shown as it is. @param {string|null} cause */
export function causeWord(cause) {
	const key = 'cause.' + (cause ?? 'unknown');
	return has(key) ? t(key) : cause;
}

/** Page code that fits the kind of an incident. @param {import('./store.js').Incident} i */
export function incidentState(i) {
	if (i.state === 'closed')
		return 'ok';
	switch (incidentKind(i)) {
	case 'site.isolated':
		return 'down';
	case 'site.on_backup':
		return 'backup';
	case 'link.down':
	case 'site.backup_lost':
	case 'link.degraded':
		return 'warn';
	default:
		return i.severity === 'critical' || i.severity === 'major' ? 'down' : 'warn';
	}
}

/** How many sites it explains beside its own; what is live knows best. @param {import('./store.js').Incident} i */
export function impactedCount(i) {
	const live = store.children(i).length;
	return i.state === 'open' ? live : 0;
}

/** @param {string} ref such as link/s013-1 */
export function refHref(ref) {
	const [kind, id] = ref.split('/');
	return kind === 'link' ? `/tautan/${id}` : kind === 'site' ? `/situs/${id}` : kind === 'service' ? `/layanan/${id}` : kind === 'incident' ? `/insiden/${id}` : null;
}

// Evidence comes as English clauses. Each pattern takes one apart; what fits none is shown as it is, marked as English.
/** @type {[RegExp, string, (m: RegExpExecArray) => Record<string, any>][]} */
const FACTS = [
	[/^([a-z0-9-]+): (\d+) rounds lost, the first at (\S+)$/, 'rounds_lost', m => ({ id: m[1], n: +m[2], t: when(m[3]) })],
	[/^([a-z0-9-]+) \((\w+)\): (\d+) rounds failed, the first at (\S+): (.*)$/, 'service_failed', m => ({ id: m[1], n: +m[3], t: when(m[4]), why: m[5] })],
	[/^([a-z0-9-]+), its line, answers \(([0-9.]+) ms\)$/, 'service_line', m => ({ id: m[1], rtt: ms(+m[2]) })],
	[/^([a-z0-9-]+), its line, has answered its last round$/, 'service_line_last', m => ({ id: m[1] })],
	[/^([a-z0-9-]+), asked through ([a-z0-9-]+): (.*)$/, 'service_asked', m => ({ id: m[1], via: m[2], why: m[3] })],
	[/^([a-z0-9-]+): answers as expected again$/, 'service_again', m => ({ id: m[1] })],
	[/^([a-z0-9-]+): its certificate ends in (-?\d+) days$/, 'cert_ends', m => ({ id: m[1], n: +m[2] })],
	[/^([a-z0-9-]+): within its limits again$/, 'service_within', m => ({ id: m[1] })],
	[/^([a-z0-9-]+): answers again$/, 'answers_again', m => ({ id: m[1] })],
	[/^([a-z0-9-]+) answers \(([0-9.]+) ms\)$/, 'answers', m => ({ id: siteName(m[1]), rtt: ms(+m[2]) })],
	[/^([a-z0-9-]+) has answered its last round$/, 'answered_last', m => ({ id: siteName(m[1]) })],
	[/^(\d+) of (\d+) siblings answer$/, 'siblings', m => ({ n: +m[1], all: +m[2] })],
	[/^([a-z0-9-]+): loss_ratio beyond ([0-9.e-]+) for (\d+) s, last ([0-9.e-]+)$/, 'loss',
		m => ({ id: m[1], limit: number(+m[2] * 100, 1), s: m[3], last: number(+m[4] * 100, 1) })],
	[/^([a-z0-9-]+): (rtt_\w+) beyond ([0-9.e-]+) for (\d+) s, last ([0-9.e-]+)$/, 'rtt',
		m => ({ id: m[1], limit: ms(+m[3] * 1000), s: m[4], last: ms(+m[5] * 1000) })],
	[/^rule "([^"]+)": (\w+) is ([0-9.e-]+), the limit is ([0-9.e-]+)$/, 'rule', m => ({ rule: m[1], last: number(+m[3], 3), limit: number(+m[4], 3) })],
	[/^first lost round$/, 'first_lost', () => ({})],
	[/^results stopped coming$/, 'stopped', () => ({})],
	[/^no result of a probe yet$/, 'no_result', () => ({})],
	[/^last round (lost|answered)(?:, round trip ([0-9.]+) ms)? \((at least )?(\d+) in a row\)$/, 'last_round',
		m => ({ what: t('fact.' + m[1]), rtt: m[2] ? ', ' + ms(+m[2]) : '', n: (m[3] ? '≥ ' : '') + m[4] })],
	[/^it has never answered since it is watched$/, 'never', () => ({})],
	[/^being verified; nobody has been told yet$/, 'pending', () => ({})],
	[/^it passes through ([a-z0-9-]+) \((.*)\), whose fault explains it$/, 'through', m => ({ name: m[2] })],
	[/^the site it passes through is back; it has (\d+) s to follow$/, 'settle', m => ({ n: +m[1] })],
	[/^asked once more before deciding: (no answer could be had|it answered|it did not answer)$/, 'asked',
		m => ({ what: t('fact.asked.' + (m[1] === 'it answered' ? 'yes' : m[1] === 'it did not answer' ? 'no' : 'none')) })],
	[/^(main|backup) line (\S+) \((.*)\) is (\w+)(, which does not count)?$/, 'line',
		m => ({ role: t('role.' + m[1]), id: m[2], provider: m[3] === 'no provider entered' ? t('fact.no_provider') : m[3],
			state: has('detail.' + m[4]) ? t('detail.' + m[4]) : m[4], rest: m[5] ? t('fact.not_counted') : '' })],
	[/^backup line (\S+) last answered on its own path$/, 'proven', m => ({ id: m[1] })],
	[/^last answered on its own path$/, 'proven_self', () => ({})],
	[/^(\d+) of (\d+) lines that pass through it are unreachable$/, 'through_it', m => ({ n: +m[1], all: +m[2] })],
	[/^no line is entered for it$/, 'no_line', () => ({})],
	[/^no address is entered for it, so it is not measured$/, 'no_address', () => ({})],
	[/^(?:it|the line|its site) is entered as (\w+), so it is not judged$/, 'not_judged', m => ({ life: has('life.' + m[1]) ? t('life.' + m[1]) : m[1] })],
	[/^the process "measure ([^"]*)", which (?:measures|polls) it, is away$/, 'measure_away', m => ({ name: m[1] })],
];

/** @param {string} time */
function when(time) {
	return moment(instant(time), store.now());
}

/** @param {string} id */
function siteName(id) {
	return store.sites.get(id)?.name ?? id;
}

/**
 * One fact of the evidence.
 * @param {string} fact
 * @returns {{text: string, foreign: boolean}} foreign: still in the engine's English
 */
export function factText(fact) {
	for (const [re, key, values] of FACTS) {
		const m = re.exec(fact);
		if (m)
			return { text: t('fact.' + key, values(m)), foreign: false };
	}
	return { text: fact, foreign: true };
}

/** What a problem of the API means for the one who sees it. @param {any} problem @returns {string} */
export function problemText(problem) {
	const key = 'problem.' + (problem?.code ?? 'internal');
	return t(has(key) ? key : 'problem.internal', { n: problem?.retryAfter ?? 0 });
}
