// SPDX-License-Identifier: GPL-3.0-or-later
// build.mjs --out DIR: bundles the pages into DIR, with the hash of its content in each name (the server says that
// such files never change), and a .gz and a .br beside each. Prints what a first visit costs; fails over the budget.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import esbuild from 'esbuild';

const HERE = dirname(fileURLToPath(import.meta.url));
const FONT = 'node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2';
const BUDGET_JS = 90e3, BUDGET_ALL = 200e3;
const LICENCES = ['lit', 'lit-html', 'lit-element', '@lit/reactive-element', 'uplot', '@fontsource-variable/inter'];

const at = process.argv.indexOf('--out');
if (at === -1 || !process.argv[at + 1]) {
	console.error('usage: node build.mjs --out DIR');
	process.exit(2);
}
const out = resolve(process.argv[at + 1]);

/** @param {string|Buffer} content @param {string} name @returns {string} name with the hash before its ending */
function hashed(content, name) {
	const hash = createHash('sha256').update(content).digest('hex').slice(0, 10);
	return name.replace(/(\.[a-z0-9]+)$/, `-${hash}$1`);
}

/** @type {{name: string, raw: number, gz: number, br: number}[]} */
const sizes = [];

/** @param {string} path below out @param {string|Buffer} content @param {boolean} [squeeze] */
async function write(path, content, squeeze = true) {
	const data = Buffer.from(content);
	await mkdir(dirname(join(out, path)), { recursive: true });
	await writeFile(join(out, path), data);
	const size = { name: path, raw: data.length, gz: data.length, br: data.length };
	if (squeeze) {
		const gz = gzipSync(data, { level: 9 });
		const br = brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: data.length } });
		await writeFile(join(out, path + '.gz'), gz);
		await writeFile(join(out, path + '.br'), br);
		Object.assign(size, { gz: gz.length, br: br.length });
	}
	sizes.push(size);
	return path;
}

/** @param {string} name */
async function licence(name) {
	const dir = join(HERE, 'node_modules', name);
	for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt'])
		try {
			return `${name}\n${'='.repeat(name.length)}\n${await readFile(join(dir, file), 'utf8')}\n`;
		} catch {
			continue;
		}
	throw new Error(`${name} has no licence file`);
}

await rm(out, { recursive: true, force: true });
const font = await readFile(join(HERE, FONT));
const fontPath = await write('assets/' + hashed(font, 'inter-latin.woff2'), font, false);
const icon = await readFile(join(HERE, 'icon.svg'));
const iconPath = await write('assets/' + hashed(icon, 'icon.svg'), icon);
const licences = (await Promise.all(LICENCES.map(licence))).join('\n');
const licencesPath = await write('assets/' + hashed(licences, 'licences.txt'), licences);

const bundle = async (/** @type {string} */ entry, /** @type {import('esbuild').BuildOptions} */ more) => (await esbuild.build({
	absWorkingDir: HERE, entryPoints: [entry], bundle: true, minify: true, write: false, legalComments: 'none', target: ['chrome105', 'firefox110', 'safari16'],
	logLevel: 'warning', ...more })).outputFiles[0].contents;
// Light enough for one file: a second request costs an office's line more than the bytes.
const script = Buffer.from(await bundle('src/main.js', { format: 'esm' }));
const style = Buffer.from(await bundle('style/app.css', { external: ['/assets/*'] })).toString().replaceAll('/assets/inter-latin.woff2', '/' + fontPath);
const scriptPath = await write('assets/' + hashed(script, 'app.js'), script);
const stylePath = await write('assets/' + hashed(style, 'app.css'), style);

const page = (await readFile(join(HERE, 'index.html'), 'utf8')).replace(/\{\{(\w+)\}\}/g, (all, key) =>
	({ icon: '/' + iconPath, licences: '/' + licencesPath, font: '/' + fontPath, style: '/' + stylePath, script: '/' + scriptPath })[key] ?? all);
const indexPath = await write('index.html', page);

let all = 0, js = 0;
for (const s of sizes) {
	console.log(`${basename(s.name).padEnd(32)} ${String(s.raw).padStart(8)} B   gzip ${String(s.gz).padStart(7)} B   brotli ${String(s.br).padStart(7)} B`);
	if ([indexPath, scriptPath, stylePath, fontPath, iconPath].includes(s.name))
		all += s.gz;
	if (s.name === scriptPath)
		js += s.gz;
}
console.log(`first load over the wire (gzip): ${(all / 1e3).toFixed(1)} kB of ${BUDGET_ALL / 1e3}; JavaScript ${(js / 1e3).toFixed(1)} kB of ${BUDGET_JS / 1e3}`);
if (all > BUDGET_ALL || js > BUDGET_JS) {
	console.error('over the budget');
	process.exit(1);
}
