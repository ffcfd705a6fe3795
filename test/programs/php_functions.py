# SPDX-License-Identifier: MIT
"""PHP's curl extension: programs in php/."""
import os

from bindings import ROUTES, TEXTS
from both import main, test

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "php")
# PHP unloads its extensions before it ends, and with them the library, which is to be seen at the end.
PHP = {"files": {"upload.txt": "the file that is sent\n"}, "env": {"ZEND_DONT_UNLOAD_MODULES": "1"}}


# The scheme is in lower case (8.x).
SINCE = [*TEXTS, (r"'scheme' => 'HTTP'", "'scheme' => 'http'")]


@test
def easy_functions(bench):
    bench.same("php", "-d", "error_reporting=-1", os.path.join(FOLDER, "easy.php"), bench.web(""), status=0,
               since=SINCE, **PHP)


@test
def multi_and_share_functions(bench):
    bench.same("php", "-d", "error_reporting=-1", os.path.join(FOLDER, "multi.php"), bench.web(""), status=0,
               unordered=True, since=SINCE, **PHP)


main("php", routes=ROUTES)
