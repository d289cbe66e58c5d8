// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers, durations and times as people read them, in both languages and in the zone of Pontianak.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { brief, clock, duration, fromField, megabits, moment, ms, number, percent, plainDuration, rate, toField } from '../src/format.js';
import { addCatalogue, setLang, t } from '../src/i18n.js';

for (const lang of ['id', 'en'])
	addCatalogue(lang, JSON.parse(readFileSync(new URL(`../lang/${lang}.json`, import.meta.url), 'utf8')));

/** No-break spaces as plain ones. */
const plain = s => s.replaceAll('\u00a0', ' ');

/** The browser may sit anywhere; Node takes its zone from here. */
process.env.TZ = 'America/New_York';

const NOW = Date.parse('2026-11-21T07:14:46Z');

test('durations name at most two units', () => {
	setLang('id');
	for (const [s, text] of [[0, '0 dtk'], [59, '59 dtk'], [60, '1 mnt'], [754, '12 mnt 34 dtk'], [605, '10 mnt 05 dtk'], [3600, '1 j'], [3966, '1 j 06 mnt'], [86400, '1 hr'],
		[2 * 86400 + 3 * 3600 + 59, '2 hr 3 j'], [-5, '0 dtk'], [null, '–'], [NaN, '–']])
		assert.equal(plain(duration(s)), text);
	setLang('en');
	assert.equal(plain(duration(754)), '12 min 34 s');
	assert.equal(plain(duration(90000)), '1 d 1 h');
});

test('tiles say one unit', () => {
	setLang('id');
	assert.deepEqual([30, 754, 7300, 3 * 86400].map(brief), ['<1m', '12m', '2j', '3hr']);
	setLang('en');
	assert.deepEqual([7300, 3 * 86400].map(brief), ['2h', '3d']);
	assert.equal(brief(null), '');
});

test('plain words know one from many', () => {
	setLang('id');
	assert.equal(plainDuration(18 * 60), '18 menit');
	assert.equal(plainDuration(3600 + 60), '1 jam 1 menit');
	setLang('en');
	assert.equal(plainDuration(60), '1 minute');
	assert.equal(plainDuration(18 * 60), '18 minutes');
});

test('numbers use the comma and the dot of the language', () => {
	setLang('id');
	assert.equal(number(1234.5, 1), '1.234,5');
	assert.equal(plain(percent(99.874, 2)), '99,87 %');
	assert.equal(plain(rate(1e9)), '1.000 Mbps');
	assert.equal(plain(rate(2.4e6)), '2,4 Mbps');
	assert.equal(plain(rate(16.4e6)), '16 Mbps');
	assert.equal(plain(rate(340e3)), '340 kbps');
	assert.equal(plain(rate(0)), '0 Mbps');
	assert.equal(megabits(40e6), '40');
	assert.equal(plain(ms(3.44)), '3,4 ms');
	assert.equal(plain(ms(123.4)), '123 ms');
	setLang('en');
	assert.equal(number(1234.5, 1), '1,234.5');
	assert.equal(plain(percent(99.874, 2)), '99.87 %');
});

test('what was not measured is a dash, never zero', () => {
	for (const f of [number, percent, ms, rate])
		for (const v of [null, undefined, NaN, Infinity])
			assert.equal(f(v), '–');
	assert.notEqual(rate(0), '–');
});

test('times are those of Pontianak', () => {
	setLang('id');
	assert.equal(clock('2026-11-21T07:02:12Z'), '14.02.12');
	assert.equal(moment('2026-11-21T07:02:12Z', NOW), '14.02.12 WIB');
	assert.equal(moment('2026-11-20T02:42:00Z', NOW), 'Jum 20 Nov, 09.42 WIB');
	assert.equal(moment('2025-11-20T02:42:00Z', NOW), 'Kam 20 Nov 2025, 09.42 WIB');
	assert.equal(moment('2026-11-20T17:00:00Z', NOW), '00.00.00 WIB', 'midnight in Pontianak begins the day');
	assert.equal(moment(null, NOW), '–');
	setLang('en');
	assert.equal(clock('2026-11-21T07:02:12Z'), '14:02:12');
	assert.equal(moment('2026-11-20T02:42:00Z', NOW), 'Fri 20 Nov, 09:42 WIB');
});

test('fields for a date speak the same zone', () => {
	assert.equal(toField(NOW), '2026-11-21T14:14');
	assert.equal(fromField('2026-11-21T14:14'), Date.parse('2026-11-21T07:14:00Z') / 1000);
	assert.equal(fromField('nonsense'), null);
});

test('a missing text shows its key, a missing value its name', () => {
	setLang('id');
	assert.equal(t('no.such.key'), 'no.such.key');
	assert.equal(t('ack.hours', {}), '{n} jam');
});
