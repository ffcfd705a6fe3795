/* SPDX-License-Identifier: MIT */
/* A protocol that is added to the library turns its row's last column to true. */
#include "wire/scheme.h"

#include <stddef.h>

#ifdef WITH_FTP
enum { FTP = true };
#else
enum { FTP = false };
#endif

#ifdef HAVE_SSH
enum { SSH = true };
#else
enum { SSH = false };
#endif

static const struct scheme schemes[] = {
    {STR("dict"),    2628, false, true },
    {STR("file"),    0,    false, true },
    {STR("ftp"),     21,   false, FTP  },
    {STR("ftps"),    990,  false, FTP  },
    {STR("gopher"),  70,   false, true },
    {STR("gophers"), 70,   false, true },
    {STR("http"),    80,   false, true },
    {STR("https"),   443,  false, true },
    {STR("imap"),    143,  true,  true },
    {STR("imaps"),   993,  true,  true },
    {STR("ldap"),    389,  false, false},
    {STR("ldaps"),   636,  false, false},
    {STR("mqtt"),    1883, false, true },
    {STR("mqtts"),   8883, false, true },
    {STR("pop3"),    110,  true,  true },
    {STR("pop3s"),   995,  true,  true },
    {STR("rtsp"),    554,  false, false},
    {STR("scp"),     22,   false, SSH  },
    {STR("sftp"),    22,   false, SSH  },
    {STR("smb"),     445,  false, false},
    {STR("smbs"),    445,  false, false},
    {STR("smtp"),    25,   true,  true },
    {STR("smtps"),   465,  true,  true },
    {STR("telnet"),  23,   false, true },
    {STR("tftp"),    69,   false, true },
    {STR("ws"),      80,   false, true },
    {STR("wss"),     443,  false, true },
};

static const char *const guesses[] = {"ftp", "dict", "ldap", "imap", "smtp", "pop3"};

const struct scheme *scheme_find(struct str name)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (str_equal_nocase(name, schemes[i].name))
            return &schemes[i];
    }
    return NULL;
}

bool scheme_known(struct str name)
{
    const struct scheme *s = scheme_find(name);

    return s && s->built;
}

const char *scheme_guess(struct str host)
{
    for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
        struct str guess = str_of(guesses[i]);

        if (host.len > guess.len && host.at[guess.len] == '.' && str_starts_nocase(host, guess))
            return guesses[i];
    }
    return "http";
}
