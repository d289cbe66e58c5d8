// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// The two languages. Catalogues are flat: key -> text with {name} for what is put in. A key may have a sibling
// KEY_one, which is taken when `n` is one in that language's plural rules (Indonesian has only one form).

/** @type {Record<string, Record<string, string>>} */
const catalogues = {};
let current = 'id';
/** @type {Set<() => void>} */
const told = new Set();

export const LANGS = ['id', 'en'];
/** Locales of Intl: Indonesian as is, English with day before month and a 24-hour clock. */
const LOCALES = { id: 'id-ID', en: 'en-GB' };

/** @param {string} lang @param {Record<string, string>} texts */
export function addCatalogue(lang, texts) {
	catalogues[lang] = texts;
}

export function lang() {
	return current;
}

export function locale() {
	return LOCALES[/** @type {'id'|'en'} */ (current)];
}

/** @param {string} next  "id" or "en"; anything else is Indonesian */
export function setLang(next) {
	current = LANGS.includes(next) ? next : 'id';
	if (typeof document !== 'undefined')
		document.documentElement.lang = current;
	for (const f of told)
		f();
}

/** Call f at each change of language. @param {() => void} f @returns {() => void} ends it */
export function onLang(f) {
	told.add(f);
	return () => told.delete(f);
}

/**
 * The text of a key in the language now in use.
 * @param {string} key
 * @param {Record<string, string|number>} [values]
 */
export function t(key, values) {
	const texts = catalogues[current] ?? {};
	let text = texts[key];
	if (values && typeof values.n === 'number' && texts[key + '_one'] !== undefined &&
		new Intl.PluralRules(locale()).select(values.n) === 'one')
		text = texts[key + '_one'];
	if (text === undefined)
		return key;
	return values ? text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all)) : text;
}

/** Is there a text for this key? For words of the engine, which may be newer than the page. @param {string} key */
export function has(key) {
	return catalogues[current]?.[key] !== undefined;
}
