/* SPDX-License-Identifier: MIT */
#include "wire/idn.h"

#include "base/mem.h"

bool idn_is_needed(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.at[i] & 0x80)
            return true;
    }
    return false;
}

bool idn_is_punycode(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if ((!i || name.at[i - 1] == '.') &&
            str_starts_nocase((struct str){name.at + i, name.len - i}, STR("xn--")))
            return true;
    }
    return false;
}

#ifdef HAVE_IDN2

#include <idn2.h>

/* Takes over what libidn2 returned. */
static CURLUcode finish(int result, char *text, char **ret_text)
{
    char *copy;

    if (result == IDN2_MALLOC)
        return CURLUE_OUT_OF_MEMORY;
    if (result != IDN2_OK)
        return CURLUE_BAD_HOSTNAME;
    if (!text[0]) { /* nothing but characters that do not count */
        idn2_free(text);
        return CURLUE_BAD_HOSTNAME;
    }
    copy = mem_strdup(text);
    idn2_free(text);
    if (!copy)
        return CURLUE_OUT_OF_MEMORY;
    *ret_text = copy;
    return CURLUE_OK;
}

CURLUcode idn_to_ascii(const char *name, char **ret_ascii)
{
    char *text = NULL;
    int result = idn2_to_ascii_8z(name, &text, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

    if (result != IDN2_OK && result != IDN2_MALLOC)
        result = idn2_to_ascii_8z(name, &text, IDN2_TRANSITIONAL);
    return finish(result, text, ret_ascii);
}

CURLUcode idn_to_unicode(const char *name, char **ret_unicode)
{
    char *text = NULL;
    int result = idn2_to_unicode_8z8z(name, &text, 0);

    return finish(result, text, ret_unicode);
}

#else

CURLUcode idn_to_ascii(const char *name, char **ret_ascii)
{
    (void)name;
    (void)ret_ascii;
    return CURLUE_LACKS_IDN;
}

CURLUcode idn_to_unicode(const char *name, char **ret_unicode)
{
    (void)name;
    (void)ret_unicode;
    return CURLUE_LACKS_IDN;
}

#endif
