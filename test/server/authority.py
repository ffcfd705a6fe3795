# SPDX-License-Identifier: MIT
"""A certificate authority that lives as long as a test: keys, certificates and lists of revoked ones,
made with the openssl command in a folder of its own."""
import os
import subprocess

CONFIG = """
[ca]
default_ca = this
[this]
dir = {folder}
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
crlnumber = {folder}/crlnumber
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
commonName = {name}
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""


def openssl(*arguments):
    """Runs the command; returns what it wrote."""
    return subprocess.run(["openssl", *arguments], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


def new_key(path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


class Authority:
    def __init__(self, folder, name="Test authority"):
        os.makedirs(folder)
        self.folder = folder
        self.certificate = self.path("ca.pem")
        self.config = self.path("openssl.cnf")
        self._write("openssl.cnf", CONFIG.format(folder=folder, name=name))
        self._write("index", "")
        self._write("serial", "01\n")
        self._write("crlnumber", "01\n")
        new_key(self.path("ca.key"))
        openssl("req", "-new", "-x509", "-config", self.config, "-extensions", "authority", "-days",
                "30", "-key", self.path("ca.key"), "-out", self.certificate)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def issue(self, name, alternative="", usage="serverAuth", start="", end=""):
        """Makes NAME.key and NAME.pem. `alternative` is a subjectAltName, start and end are times as
        YYYYMMDDHHMMSSZ. Returns the two paths, certificate first."""
        key, certificate, request = (self.path(name + end) for end in (".key", ".pem", ".csr"))
        extensions = f"basicConstraints = CA:FALSE\nextendedKeyUsage = {usage}\n"
        if alternative:
            extensions += f"subjectAltName = {alternative}\n"
        self._write(name + ".ext", extensions)
        new_key(key)
        openssl("req", "-new", "-config", self.config, "-subj", "/CN=" + name, "-key", key, "-out",
                request)
        openssl("ca", "-batch", "-notext", "-config", self.config, "-extfile",
                self.path(name + ".ext"), "-in", request, "-out", certificate,
                *(["-startdate", start] if start else []), *(["-enddate", end] if end else []))
        return certificate, key

    def self_signed(self, name, alternative):
        key, certificate = self.path(name + ".key"), self.path(name + ".pem")
        new_key(key)
        openssl("req", "-new", "-x509", "-config", self.config, "-subj", "/CN=" + name, "-days", "30",
                "-addext", "subjectAltName = " + alternative, "-key", key, "-out", certificate)
        return certificate, key

    def revoke(self, name):
        openssl("ca", "-config", self.config, "-revoke", self.path(name + ".pem"))

    def revocation_list(self):
        """Writes it and returns its path."""
        openssl("ca", "-config", self.config, "-gencrl", "-out", self.path("crl.pem"))
        return self.path("crl.pem")
