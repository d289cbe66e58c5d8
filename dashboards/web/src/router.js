// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// Every view is a URL. Pages are a table of paths; links to our own pages are followed without loading anew.

/**
 * @typedef {{page: string, id: string, query: URLSearchParams, path: string}} Route
 */

/** @type {[RegExp, string][]} */
const TABLE = [
	[/^\/$/, 'overview'],
	[/^\/masuk$/, 'login'],
	[/^\/situs$/, 'sites'],
	[/^\/situs\/([a-z0-9-]{1,63})$/, 'site'],
	[/^\/tautan\/([a-z0-9-]{1,63})$/, 'link'],
	[/^\/layanan$/, 'services'],
	[/^\/layanan\/([a-z0-9-]{1,63})$/, 'service'],
	[/^\/insiden$/, 'incidents'],
	[/^\/insiden\/(inc-[0-9]{1,18})$/, 'incident'],
	[/^\/kantor$/, 'office'],
	[/^\/bantuan$/, 'help'],
];

/** @param {string} path @returns {Route} */
export function match(path, search = '') {
	for (const [re, page] of TABLE) {
		const m = re.exec(path);
		if (m)
			return { page, id: m[1] ?? '', query: new URLSearchParams(search), path };
	}
	return { page: 'missing', id: '', query: new URLSearchParams(search), path };
}

/** @type {(r: Route, moved: boolean) => void} */
let shell = () => {};
/** @type {Set<() => void>} */
const told = new Set();

/** @param {boolean} moved to another page */
function changed(moved) {
	shell(here(), moved);
	told.forEach(f => f());
}

/** For what depends on the query of the URL. @param {() => void} f @returns {() => void} ends it */
export function onUrl(f) {
	told.add(f);
	return () => told.delete(f);
}

export function here() {
	return match(location.pathname, location.search);
}

/** @param {(r: Route, moved: boolean) => void} f told of each change; moved: to another page */
export function startRouter(f) {
	shell = f;
	addEventListener('popstate', () => changed(true));
	document.addEventListener('click', e => {
		if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey)
			return;
		const a = e.target instanceof Element ? e.target.closest('a[href]') : null;
		const href = a?.getAttribute('href') ?? '';
		if (!href.startsWith('/') || href.startsWith('//') || href.startsWith('/assets/') || a?.hasAttribute('download'))
			return;
		e.preventDefault();
		go(href);
	});
}

/** @param {string} href */
export function go(href) {
	if (href === location.pathname + location.search)
		return;
	history.pushState(null, '', href);
	changed(true);
}

/** @param {string} href to be replaced without a step to go back to */
export function redirect(href) {
	history.replaceState(null, '', href);
	changed(true);
}

/**
 * Change members of the query of this page; empty and null leave.
 * @param {Record<string, string|number|null>} change
 * @param {boolean} [step] make it a step that Back undoes
 */
export function setQuery(change, step = false) {
	const query = new URLSearchParams(location.search);
	for (const [k, v] of Object.entries(change))
		if (v === null || v === '')
			query.delete(k);
		else
			query.set(k, String(v));
	const text = query.toString();
	const href = location.pathname + (text && '?' + text);
	if (href === location.pathname + location.search)
		return;
	if (step)
		history.pushState(null, '', href);
	else
		history.replaceState(null, '', href);
	changed(false);
}
