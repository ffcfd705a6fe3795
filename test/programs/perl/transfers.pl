# SPDX-License-Identifier: MIT
# WWW::Curl: perl transfers.pl URL
use strict;
use warnings;
use WWW::Curl::Easy;
use WWW::Curl::Form;
use WWW::Curl::Multi;
use WWW::Curl::Share;

my ($web) = @ARGV;
$| = 1;

sub handle {
    my ($url, $body) = @_;
    my $curl = WWW::Curl::Easy->new;
    $curl->setopt(CURLOPT_URL, $url);
    $curl->setopt(CURLOPT_PROXY, "");
    $curl->setopt(CURLOPT_WRITEFUNCTION, sub { $$body .= $_[0]; length $_[0] });
    return $curl;
}

sub transfer {
    my ($what, $url, %options) = @_;
    my $body = "";
    my $curl = handle($url, \$body);
    $curl->setopt($_, $options{$_}) for keys %options;
    my $code = $curl->perform;
    my $text = $code ? $curl->strerror($code) . "; " . $curl->errbuf : "";
    print "== $what: $code $text\n", $curl->getinfo(CURLINFO_HTTP_CODE), " ", $curl->getinfo(CURLINFO_EFFECTIVE_URL), "\n$body\n";
}

my $lines = "";
transfer("get", "$web/page", CURLOPT_HEADERFUNCTION, sub { $lines .= $_[0]; length $_[0] });
print $lines;
transfer("post", "$web/echo", CURLOPT_POSTFIELDS, "a=1&b=2");
transfer("headers", "$web/echo", CURLOPT_HTTPHEADER, ["X-Own: 1", "Accept:"]);
transfer("redirect", "$web/to-page", CURLOPT_FOLLOWLOCATION, 1);
transfer("missing", "$web/missing", CURLOPT_FAILONERROR, 1);
transfer("refused", "http://127.0.0.1:1/");
my $source = "to be sent " x 5000;
transfer("upload", "$web/count", CURLOPT_UPLOAD, 1, CURLOPT_INFILESIZE, length $source, CURLOPT_HTTPHEADER, ["Expect:"],
    CURLOPT_READFUNCTION, sub { substr $source, 0, $_[0], "" });
my $form = WWW::Curl::Form->new;
$form->formadd("field", "value");
$form->formaddfile("upload.txt", "file", "text/plain");
transfer("form", "$web/echo", CURLOPT_HTTPPOST, $form);
transfer("login", "$web/echo", CURLOPT_USERPWD, "me:secret");

# Many at once.
my $multi = WWW::Curl::Multi->new;
my (%bodies, %handles, %results);
for my $number (1 .. 20) {
    $bodies{$number} = "";
    $handles{$number} = handle($number % 10 == 3 ? "http://127.0.0.1:1/" : "$web/echo?$number", \$bodies{$number});
    $handles{$number}->setopt(CURLOPT_PRIVATE, $number);
    $multi->add_handle($handles{$number});
}
my $active = 20;
while ($active) {
    my $running = $multi->perform;
    next if $running == $active;
    while (my ($number, $result) = $multi->info_read) {
        last unless $number;
        $results{$number} = $result;
        delete $handles{$number};
        $active--;
    }
}
print "$_: $results{$_} $bodies{$_}\n" for sort { $a <=> $b } keys %results;

# A share object.
my $share = WWW::Curl::Share->new;
$share->setopt(CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
for my $path ("/cookie", "/echo") {
    my $body = "";
    my $curl = handle("$web$path", \$body);
    $curl->setopt(CURLOPT_COOKIEFILE, "");
    $curl->setopt(CURLOPT_SHARE, $share);
    $curl->perform;
    print "shared: $body\n";
}
