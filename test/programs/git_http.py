# SPDX-License-Identifier: MIT
"""Debian's git over smart HTTP and HTTPS: nginx with git's own backend on the other side. What comes of it is
compared as repositories: names, objects, what fsck says.

git loads the flavour of libcurl that is built with GnuTLS. This library has OpenSSL under that name, too:
what the two say of a bad certificate differs."""
import os
import random
import shutil
import subprocess

from both import Skip, main, require, test
from nginx import Nginx, listen_tcp
from proxies import program

SERVER = """
    access_log {folder}/nginx/access.log facts;
    ssl_certificate {good[0]};
    ssl_certificate_key {good[1]};
    client_max_body_size 100m;
    fastcgi_param SCRIPT_FILENAME {backend};
    fastcgi_param GIT_PROJECT_ROOT {folder}/served;
    fastcgi_param GIT_HTTP_EXPORT_ALL "";
    fastcgi_param PATH_INFO $uri;
    fastcgi_param REMOTE_USER $remote_user;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param SERVER_PROTOCOL $server_protocol;
    server {{
        listen @http; listen @https ssl;
        location = /sync {{ return 204; }}
        location ~ ^/moved/(.*)$ {{ return 302 /$1$is_args$args; }}
        location ~ ^/broken/ {{ return 500; }}
        location / {{ fastcgi_pass unix:{socket}; }}
        location /private/ {{
            auth_basic "private"; auth_basic_user_file {folder}/users; fastcgi_pass unix:{socket};
        }}
    }}
    server {{ listen @h2 ssl http2; location / {{ fastcgi_pass unix:{socket}; }} }}
"""
CONFIG = """
[user]
    name = A Test
    email = test@example.test
[init]
    defaultBranch = main
[pack]
    threads = 1
[advice]
    detachedHead = false
"""
ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true",
               "GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
# `tell` says what a repository is.
TELL = """
tell() {
    git -C "$1" for-each-ref
    git -C "$1" fsck --full --strict
    git -C "$1" rev-list --objects --all | sort
    [ ! -f "$1/.git/index" ] || git -C "$1" ls-files -s
}
set -e
"""
STATE = {}


class Repositories:
    """Served by nginx and fcgiwrap from a folder; `fresh` puts them back as they were made."""

    def __init__(self, bench):
        self.world = bench.world
        self.folder = os.path.join(bench.folder, "git")
        os.mkdir(self.folder)
        self._make()
        self._serve(bench)
        self.ports = self.nginx.ports

    def _serve(self, bench):
        path = subprocess.run(["git", "--exec-path"], check=True, stdout=subprocess.PIPE, text=True).stdout
        backend, wrapper = os.path.join(path.strip(), "git-http-backend"), program("fcgiwrap")
        if not wrapper or not os.path.exists(backend):
            raise Skip("no fcgiwrap or no git-http-backend")
        socket = os.path.join(self.folder, "fcgi.sock")
        shutil.copy(self.world.path("users"), self.folder)
        good = [self.world.authority.path("good.test" + end) for end in (".pem", ".key")]
        self.wrapper = subprocess.Popen([wrapper, "-c", "4", "-s", "unix:" + socket], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.nginx = Nginx(os.path.join(self.folder, "nginx"),
                           {name: listen_tcp() for name in ("http", "https", "h2")},
                           SERVER.format(folder=self.folder, good=good, backend=backend, socket=socket),
                           connections=500, descriptors=2000)
        bench.watch(self.nginx, self.nginx.ports["http"], self.stop)

    def _make(self):
        """One of a few megabytes, with branches, tags and files that pack well and badly."""
        source, dice = os.path.join(self.folder, "source"), random.Random(1)
        os.mkdir(source)
        with open(os.path.join(self.folder, "config"), "w", encoding="ascii") as file:
            file.write(CONFIG)
        self.git(source, "init", "-q")
        for number in range(12):
            for name, content in ((f"noise{number % 7}", dice.randbytes(100000)),
                                  (f"text{number}", b"a line\n" * dice.randrange(2000)),
                                  (f"deep/er/{number}", b"%d\n" % number)):
                path = os.path.join(source, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    file.write(content)
            self.git(source, "add", ".")
            self.git(source, "commit", "-q", "-m", f"Change {number}")
            if number % 5 == 0:
                self.git(source, "branch", f"branch{number}")
                self.git(source, "tag", "-a", "-m", "A tag", f"tag{number}")
        self.git(self.folder, "clone", "-q", "--bare", "--no-local", "--template=", "source", "made.git")  # few files
        self.git(os.path.join(self.folder, "made.git"), "config", "http.receivepack", "true")

    def git(self, folder, *words):
        """Runs git without any network."""
        subprocess.run(["git", *words], cwd=folder, check=True,
                       env={"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.path.join(self.folder, "config"),
                            **ENVIRONMENT})

    def fresh(self):
        """Before each run."""
        served = os.path.join(self.folder, "served")
        shutil.rmtree(served, ignore_errors=True)
        for name in ("made.git", "private/made.git"):
            shutil.copytree(os.path.join(self.folder, "made.git"), os.path.join(served, name))

    def stop(self):
        """Ends both servers."""
        self.nginx.stop()
        self.wrapper.terminate()
        self.wrapper.wait(20)


def repositories(bench):
    """Made and served when they are first asked for."""
    if "made" not in STATE:
        STATE["made"] = Repositories(bench)
    return STATE["made"]


def url_of(bench, name="made.git"):
    """Through a relay that keeps the requests."""
    return f"http://127.0.0.1:{bench.relay(repositories(bench).ports['http'])}/{name}"


def same(bench, script, more="", status=0, **how):
    """Runs a script on both; what it prints is compared, its folder is not."""
    made = repositories(bench)
    how["files"] = {".gitconfig": CONFIG + more, **how.get("files", {})}
    how["env"] = {**ENVIRONMENT, **how.get("env", {})}
    # Where git gives up it leaves everything open: of a loop that waits, the wake-ups.
    stays = 4 if status else 0
    stock, _ = bench.same("sh", "-c", TELL + script, prepare=made.fresh, apart=["files", *how.pop("apart", [])],
                          pool_stays=stays, **how)
    require((stock.status == 0) == (status == 0), f"stock ended with {stock.status}: {stock.err.decode()}")
    return stock


@test
def a_clone(bench):
    url = url_of(bench)
    same(bench, f"git clone {url} mine; tell mine")
    same(bench, f"git clone -q --bare {url} mine.git; tell mine.git")


@test
def a_clone_over_tls(bench):
    made = repositories(bench)
    for name in ("https", "h2"):
        same(bench, f"git clone https://127.0.0.1:{made.ports[name]}/made.git mine; tell mine",
             f"[http]\nsslCAInfo = {bench.value('ca')}\n", replace=[(r"'cipher': '\w+'", "")])


@test
def shallow_clones(bench):
    url = url_of(bench)
    same(bench, f"git clone --depth 2 {url} mine; tell mine; git -C mine fetch --unshallow; tell mine")
    same(bench, f"git clone -q --depth 1 --branch branch5 --single-branch {url} mine; tell mine; "
                "git -C mine fetch -q --deepen 2; tell mine")
    same(bench, f"git clone -q --filter=blob:none --no-checkout {url} mine; git -C mine checkout -q branch10; "
                "git -C mine ls-files -s", "[uploadpack]\nallowFilter = true\n")


@test
def what_is_there(bench):
    url = url_of(bench)
    same(bench, f"git ls-remote {url}; git ls-remote --tags {url} 'tag1*'; git ls-remote --symref {url} HEAD")
    same(bench, f"git ls-remote {url}", "[protocol]\nversion = 0\n")
    same(bench, f"git ls-remote {url_of(bench, 'none.git')}", status=128)
    same(bench, f"git ls-remote {url_of(bench, 'broken/x.git')}", status=128)


@test
def fetches(bench):
    url = url_of(bench)
    same(bench, f"git init -q mine; cd mine; git remote add o {url}; git fetch o branch0; "
                "git fetch -q o branch5 tag tag10; git fetch o; git fetch -q --all --prune; git fetch -q --tags o; "
                "cd ..; tell mine")
    same(bench, f"git clone -q {url} mine; cd mine; git reset -q --hard tag0; git pull -q; cd ..; tell mine")


@test
def pushes(bench):
    url = url_of(bench)
    script = (f"git clone -q {url} mine; cd mine; echo new >new; git add new; git commit -q -m New; "
              "git push origin main; git push -q origin HEAD:refs/heads/other :branch0; git tag t; git push -q --tags; "
              "git commit -q --amend -m Other; ! git push -q origin main; git push -q -f origin main; "
              f"cd ..; git ls-remote {url}; tell {repositories(bench).folder}/served/made.git")
    same(bench, script)


@test
def large_pushes(bench):
    url = url_of(bench)
    noise = {"noise": random.Random(2).randbytes(3000000)}
    for more in ("", "[http]\npostBuffer = 10000000\n"):
        same(bench, f"git clone -q --depth 1 {url} mine; cp noise mine; cd mine; git add noise; "
                    f"git commit -q -m Noise; git push -q origin HEAD:large; cd ..; git ls-remote {url}; "
                    f"tell {repositories(bench).folder}/served/made.git", more, files=noise)


@test
def a_long_negotiation(bench):
    # Many commits that the server does not know make the POST long: it goes out in gzip.
    url = url_of(bench)
    stock = same(bench, f"git clone -q --single-branch --branch branch0 {url} mine; cd mine; for n in $(seq 60); do "
                        "GIT_COMMITTER_DATE=\"$((1700000000 + n)) +0000\" git commit -q --allow-empty -m own$n; done; "
                        "git fetch -q origin main; cd ..; tell mine")
    require(any(one.field("Content-Encoding") == "gzip" for one in stock.requests), "nothing was packed")


@test
def passwords(bench):
    url = url_of(bench, "private/made.git")
    named = url.replace("//", "//user:pass%20word@")
    same(bench, f"git clone -q {named} mine; cd mine; git commit -q --allow-empty -m New; git push -q; "
                "cd ..; tell mine")
    same(bench, f"git ls-remote {url.replace('//', '//user:wrong@')}", status=128)
    same(bench, f"git ls-remote {url}", status=128)
    same(bench, f"git ls-remote {url.replace('//', '//user@')}", status=128)
    helper = ('[credential]\nhelper = "!f() { cat >>asked; echo $1 >>asked; echo username=user; '
              'echo password=pass word; }; f"\n')
    same(bench, f"git clone -q {url} mine; tell mine; cat asked", helper)
    same(bench, f"git ls-remote {url}; cat asked", helper.replace("pass word", "wrong"), status=128)
    same(bench, f"git ls-remote {url}", "[http]\nextraHeader = Authorization: Basic dXNlcjpwYXNzIHdvcmQ=\n")
    same(bench, f"git ls-remote {url}", files={".netrc": "machine 127.0.0.1 login user password \"pass word\"\n"})


@test
def redirects(bench):
    url = url_of(bench, "moved/made.git")
    same(bench, f"git clone {url} mine; tell mine; git -C mine fetch")
    same(bench, f"git clone -q {url} mine; tell mine", "[http]\nfollowRedirects = true\n")
    same(bench, f"git clone {url} mine", "[http]\nfollowRedirects = false\n", status=128)


@test
def options_of_http(bench):
    url = url_of(bench)
    same(bench, f"git ls-remote {url} HEAD",
         "[http]\nuserAgent = another\nextraHeader = X-One: 1\nextraHeader = X-Two: 2\n")
    same(bench, f"git ls-remote {url} HEAD", "[http]\nversion = HTTP/1.1\nlowSpeedLimit = 10\nlowSpeedTime = 20\n")
    same(bench, f"echo 127.0.0.1 FALSE / FALSE 0 a b | tr ' ' '\\t' >jar; git ls-remote {url} HEAD",
         "[http]\ncookieFile = jar\n")


@test
def servers_that_are_not_there(bench):
    closed = bench.value("closed")
    same(bench, f"git ls-remote http://127.0.0.1:{closed}/x.git", status=128,
         since=[(r"Couldn't connect to server", "Could not connect to server")])
    same(bench, "git ls-remote http://nowhere.invalid/x.git", status=128,
         replace=[(r"(Could not resolve host: \S+) \([^)]*\)", r"\1")])
    made = repositories(bench)
    # Why is the TLS library's own to say.
    stock = same(bench, f"git ls-remote https://127.0.0.1:{made.ports['https']}/made.git", status=128, apart=["err"])
    require(b"certificate" in stock.err, "it is not about the certificate")
    same(bench, f"git ls-remote https://127.0.0.1:{made.ports['https']}/made.git HEAD", "[http]\nsslVerify = false\n")


if __name__ == "__main__":
    main("git")
