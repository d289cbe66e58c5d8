// SPDX-License-Identifier: GPL-3.0-or-later
// Both languages say all, the code asks for nothing that is not there, and nothing is there that no code asks for.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const WEB = fileURLToPath(new URL('..', import.meta.url));
const read = lang => JSON.parse(readFileSync(join(WEB, `lang/${lang}.json`), 'utf8'));
const id = read('id'), en = read('en');

function sources(dir) {
	return readdirSync(dir, { withFileTypes: true }).flatMap(e => e.isDirectory() ? sources(join(dir, e.name)) : [readFileSync(join(dir, e.name), 'utf8')]);
}
const code = sources(join(WEB, 'src')).join('\n');

/** Forms for one, which a language may have beside the key. */
const base = key => key.replace(/_one$/, '');
/** What is put in: {n}, {t}. */
const holes = text => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(m => m[1]))].sort();

test('the catalogues have the same keys', () => {
	const keys = c => [...new Set(Object.keys(c).map(base))].sort();
	assert.deepEqual(keys(id), keys(en));
	for (const c of [id, en])
		for (const key of Object.keys(c))
			assert.ok(base(key) in c, `${key} has no form for many`);
});

test('every cause that the engine can say has its words', () => {
	// A unit test of the server holds that these are all.
	const words = JSON.parse(readFileSync(join(WEB, '../openapi.json'), 'utf8')).components.schemas.Cause.enum;
	assert.ok(words.length > 0);
	for (const word of words)
		for (const c of [id, en])
			assert.ok(`cause.${word}` in c, `${word} has no words`);
});

test('no text is empty, and both languages put in the same', () => {
	for (const key of Object.keys(id)) {
		assert.ok(id[key].trim() && en[key].trim(), key);
		assert.deepEqual(holes(en[key]), holes(id[key]), key);
	}
});

/** Keys in full, 'a.b', and their beginnings, t('state.' + s) or t(`state.${s}`). */
const whole = new Set([...code.matchAll(/['"`]([a-z_]+(?:\.[a-z0-9_-]+)+|[a-z]+)['"`]/g)].map(m => m[1]));
const begun = [...code.matchAll(/['"`]([a-z_]+\.(?:[a-z0-9_-]+\.)*)['"`] \+/g)].map(m => m[1]);

test('every key in the code is in the catalogues', () => {
	const asked = [...code.matchAll(/\bt\(\s*'([^']+)'\s*[,)]/g)].map(m => m[1]).concat([...code.matchAll(/\? '([a-z]+\.[a-z0-9_.]+)' : '([a-z]+\.[a-z0-9_.]+)'/g)].flatMap(m => [m[1], m[2]]));
	assert.ok(asked.length > 150, `only ${asked.length} keys found in the code`);
	for (const key of asked)
		assert.ok(key in id, `${key} is asked for, but in no catalogue`);
	for (const start of begun)
		assert.ok(Object.keys(id).some(k => k.startsWith(start)), `nothing in the catalogues begins with ${start}`);
});

test('every key in the catalogues is asked for', () => {
	const pages = [...code.matchAll(/t\('page\.' \+/g)].length;
	assert.ok(pages > 0);
	for (const key of Object.keys(id))
		assert.ok(whole.has(key) || begun.some(b => key.startsWith(b)), `${key} is in the catalogues, but nobody asks for it`);
});
