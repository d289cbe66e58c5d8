/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.h: the settings of simpul-web.conf. */
#ifndef SIMPUL_WEB_OPTIONS_H
#define SIMPUL_WEB_OPTIONS_H

/** Make the configuration of this program that of simpul-web (conf.h). */
void	web_conf_use(void);

#endif
