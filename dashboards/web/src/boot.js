// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
// What must be there before the first element draws: texts, language, theme.
import en from '../lang/en.json';
import id from '../lang/id.json';
import { addCatalogue, setLang } from './i18n.js';
import { prefs } from './prefs.js';
import { applyTheme } from './theme.js';

addCatalogue('id', id);
addCatalogue('en', en);
setLang(prefs.get('lang') ?? 'id');
applyTheme(undefined);
