// SPDX-License-Identifier: GPL-3.0-or-later
// @ts-check
import './boot.js';
import './app.js';
