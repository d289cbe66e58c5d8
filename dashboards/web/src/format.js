// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Numbers, times and durations as people read them here. Null is unmeasured and reads as a dash, never as 0.
// Times are those of Pontianak, wherever the browser is.
import { lang, locale, t } from './i18n.js';

export const ZONE = 'Asia/Pontianak';
export const ZONE_OFFSET_S = 7 * 3600;
const NONE = '–';
/** A number and its unit stay on one line. */
const NBSP = '\u00a0';

/** @type {Map<string, Intl.NumberFormat>} */
const numbers = new Map();
/** @type {Map<string, Intl.DateTimeFormat>} */
const dates = new Map();

/** @param {number|null|undefined} v @param {number} [digits] after the comma, at most @param {number} [least] */
export function number(v, digits = 0, least = 0) {
	if (v === null || v === undefined || !Number.isFinite(v))
		return NONE;
	const key = `${locale()} ${digits} ${least}`;
	let f = numbers.get(key);
	if (!f)
		numbers.set(key, f = new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, minimumFractionDigits: least }));
	return f.format(v);
}

/** @param {number|null|undefined} v */
export function percent(v, digits = 1) {
	const text = number(v, digits);
	return text === NONE ? text : `${text}${NBSP}%`;
}

/** @param {number|null|undefined} v milliseconds */
export function ms(v) {
	const text = number(v, v !== null && v !== undefined && v < 100 ? 1 : 0, v !== null && v !== undefined && v < 100 ? 1 : 0);
	return text === NONE ? text : `${text}${NBSP}ms`;
}

/**
 * A rate in decimal units, with as many digits as carry meaning.
 * @param {number|null|undefined} bps
 */
export function rate(bps) {
	if (bps === null || bps === undefined || !Number.isFinite(bps))
		return NONE;
	if (bps !== 0 && bps < 1e6)
		return `${number(bps / 1e3, bps < 1e4 ? 1 : 0)}${NBSP}kbps`;
	return `${megabits(bps)}${NBSP}Mbps`;
}

/** The same without the unit. @param {number} bps */
export function megabits(bps) {
	const m = bps / 1e6;
	return number(m, m < 10 && m !== 0 ? 1 : 0);
}

/** @param {string|number|null|undefined} when RFC 3339 or milliseconds @returns {number|null} milliseconds */
export function instant(when) {
	if (when === null || when === undefined)
		return null;
	const v = typeof when === 'number' ? when : Date.parse(when);
	return Number.isFinite(v) ? v : null;
}

/** @param {string} name @param {Intl.DateTimeFormatOptions} options @param {number} at */
function dated(name, options, at) {
	const key = `${locale()} ${name}`;
	let f = dates.get(key);
	if (!f)
		dates.set(key, f = new Intl.DateTimeFormat(locale(), { timeZone: ZONE, hourCycle: 'h23', ...options }));
	return f.format(at);
}

/** "14.02.12", for the running clock. @param {string|number|null} when */
export function clock(when) {
	const at = instant(when);
	return at === null ? NONE : dated('clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }, at);
}

/** "14.02". @param {string|number|null} when */
export function hourMinute(when) {
	const at = instant(when);
	return at === null ? NONE : dated('hm', { hour: '2-digit', minute: '2-digit' }, at);
}

/** "20 Nov". @param {string|number|null} when */
export function dayMonth(when) {
	const at = instant(when);
	return at === null ? NONE : dated('dm', { day: 'numeric', month: 'short' }, at);
}

/** "Sab, 21 Nov 2026". @param {string|number|null} when */
export function date(when) {
	const at = instant(when);
	return at === null ? NONE : dated('date', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' }, at);
}

/** The day in Pontianak as a number that only serves to compare. @param {number} at */
export function dayNumber(at) {
	return Math.floor((at / 1000 + ZONE_OFFSET_S) / 86400);
}

/**
 * A moment with as much of the date as is needed: "14.02.12 WIB", "Jum 20 Nov, 09.42 WIB".
 * @param {string|number|null|undefined} when
 * @param {number} now milliseconds
 */
export function moment(when, now) {
	const at = instant(when);
	if (at === null)
		return NONE;
	if (dayNumber(at) === dayNumber(now))
		return `${clock(at)} WIB`;
	const day = dated('wdm', { weekday: 'short', day: 'numeric', month: 'short' }, at).replace(',', '');
	const year = dated('y', { year: 'numeric' }, at);
	return `${day}${year === dated('y', { year: 'numeric' }, now) ? '' : ' ' + year}, ${hourMinute(at)} WIB`;
}

/** "12 mnt 34 dtk", "1 j 06 mnt", "2 hr 3 j". @param {number|null|undefined} seconds */
export function duration(seconds) {
	if (seconds === null || seconds === undefined || !Number.isFinite(seconds))
		return NONE;
	const s = Math.max(0, Math.floor(seconds));
	const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
	const say = (/** @type {number|string} */ n, /** @type {string} */ unit) => `${n}${NBSP}${t('unit.' + unit)}`;

	if (s < 60)
		return say(s, 's');
	if (s < 3600)
		return s % 60 ? `${say(Math.floor(s / 60), 'min')} ${say(two(s % 60), 's')}` : say(s / 60, 'min');
	if (s < 86400) {
		const m = Math.floor(s % 3600 / 60);
		return m ? `${say(Math.floor(s / 3600), 'h')} ${say(two(m), 'min')}` : say(Math.floor(s / 3600), 'h');
	}
	const h = Math.floor(s % 86400 / 3600);
	return h ? `${say(Math.floor(s / 86400), 'd')} ${say(h, 'h')}` : say(Math.floor(s / 86400), 'd');
}

/** For tiles and other narrow places: "<1m", "12m", "3j", "2hr". @param {number|null|undefined} seconds */
export function brief(seconds) {
	if (seconds === null || seconds === undefined || !Number.isFinite(seconds))
		return '';
	if (seconds < 60)
		return '<1m';
	if (seconds < 3600)
		return `${Math.floor(seconds / 60)}m`;
	if (seconds < 86400)
		return `${Math.floor(seconds / 3600)}${t('unit.h')}`;
	return `${Math.floor(seconds / 86400)}${t('unit.d')}`;
}

/** In whole words for people who do not read abbreviations: "18 menit". @param {number} seconds */
export function plainDuration(seconds) {
	const s = Math.max(0, Math.round(seconds));
	if (s < 60)
		return t('plain.s', { n: s });
	if (s < 3600)
		return t('plain.min', { n: Math.round(s / 60) });
	if (s < 86400) {
		const m = Math.floor(s % 3600 / 60);
		return t('plain.h', { n: Math.floor(s / 3600) }) + (m ? ' ' + t('plain.min', { n: m }) : '');
	}
	return t('plain.d', { n: Math.floor(s / 86400) });
}

/** Value of a datetime-local field, in the zone of Pontianak. @param {number} at milliseconds */
export function toField(at) {
	return new Date(at + ZONE_OFFSET_S * 1000).toISOString().slice(0, 16);
}

/** @param {string} value of a datetime-local field @returns {number|null} unix seconds */
export function fromField(value) {
	// Some browsers take almost any text for a date.
	const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(value) ? Date.parse(value + ':00Z') : NaN;
	return Number.isFinite(at) ? at / 1000 - ZONE_OFFSET_S : null;
}

/** Order of texts in the language of the page. @param {string} a @param {string} b */
export function compareText(a, b) {
	return a.localeCompare(b, lang(), { numeric: true });
}
