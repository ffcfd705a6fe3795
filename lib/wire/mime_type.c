/* SPDX-License-Identifier: MIT */
#include "wire/mime_type.h"

#include "base/str.h"

static const struct {
    const char *ending, *type;
} types[] = {
    {".gif",  "image/gif"      },
    {".jpg",  "image/jpeg"     },
    {".jpeg", "image/jpeg"     },
    {".png",  "image/png"      },
    {".svg",  "image/svg+xml"  },
    {".txt",  "text/plain"     },
    {".htm",  "text/html"      },
    {".html", "text/html"      },
    {".pdf",  "application/pdf"},
    {".xml",  "application/xml"},
};

const char *mime_type_of_file(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (text_equal_nocase(dot, types[i].ending))
            return types[i].type;
    return NULL;
}

bool mime_type_is(const char *content_type, const char *type)
{
    size_t len = strlen(type);

    if (!content_type || !str_starts_nocase(str_of(content_type), str_of(type)))
        return false;
    return !content_type[len] || strchr("\t\r\n ;", content_type[len]);
}

static const char *percent_form(char c)
{
    switch (c) {
    case '"':
        return "%22";
    case '\r':
        return "%0D";
    case '\n':
        return "%0A";
    default:
        return NULL;
    }
}

void mime_append_quoted(struct buf *to, const char *text, enum mime_escape how)
{
    for (; *text; text++) {
        const char *form = how == MIME_BY_PERCENT ? percent_form(*text) : NULL;

        if (form) {
            buf_append_text(to, form);
            continue;
        }
        if (how == MIME_BY_BACKSLASH && (*text == '"' || *text == '\\'))
            buf_append_char(to, '\\');
        buf_append_char(to, *text);
    }
}
