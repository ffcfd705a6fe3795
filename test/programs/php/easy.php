<?php
// The easy functions: php easy.php URL. Everything that they give back is written, but for times.
[, $web] = $argv;

function show($what, $value): void
{
    echo "== $what\n", var_export($value, true), "\n";
}

function handle(string $url, array $options = []): CurlHandle
{
    $handle = curl_init($url);
    curl_setopt_array($handle, $options + [CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => ""]);
    return $handle;
}

function transfer(string $what, CurlHandle $handle): void
{
    show($what, curl_exec($handle));
    show("$what: error", [curl_errno($handle), curl_error($handle)]);
}

$info = ["url", "content_type", "http_code", "header_size", "filetime", "ssl_verify_result", "redirect_count",
    "size_upload", "size_download", "download_content_length", "upload_content_length", "redirect_url", "primary_ip",
    "certinfo", "http_version", "protocol", "scheme", "effective_method"];

$get = handle("$web/page", [CURLOPT_HEADER => true, CURLOPT_USERAGENT => "php"]);
transfer("get", $get);
show("info", array_intersect_key(curl_getinfo($get), array_flip($info)));
show("one info", curl_getinfo($get, CURLINFO_RESPONSE_CODE));

transfer("post", handle("$web/echo", [CURLOPT_POSTFIELDS => "a=1&b=2"]));
transfer("form", handle("$web/echo", [CURLOPT_POSTFIELDS => ["field" => "value", "umlaut" => "\u{e4}",
    "file" => new CURLFile("upload.txt", "text/plain", "name.txt"),
    "string" => new CURLStringFile("content", "string.bin", "application/x-test")]]));
transfer("custom", handle("$web/echo", [CURLOPT_CUSTOMREQUEST => "DELETE", CURLOPT_HTTPHEADER => ["X-Own: 1", "Accept:"]]));
transfer("redirect", handle("$web/to-page", [CURLOPT_FOLLOWLOCATION => true, CURLOPT_AUTOREFERER => true]));
transfer("missing", handle("$web/missing", [CURLOPT_FAILONERROR => true]));
transfer("refused", handle("http://127.0.0.1:1/", [CURLOPT_CONNECTTIMEOUT => 5]));
transfer("nowhere", handle("nowhere://x/"));
transfer("login", handle("$web/echo", [CURLOPT_USERPWD => "me:secret"]));
transfer("range", handle("$web/echo", [CURLOPT_RANGE => "2-5"]));
transfer("encoding", handle("$web/echo", [CURLOPT_ENCODING => "gzip"]));

// Callbacks.
$lines = [];
$pieces = [];
$calls = 0;
transfer("callbacks", handle("$web/large", [
    CURLOPT_HEADERFUNCTION => function ($handle, $line) use (&$lines) {
        $lines[] = $line;
        return strlen($line);
    },
    CURLOPT_WRITEFUNCTION => function ($handle, $piece) use (&$pieces) {
        $pieces[] = $piece;
        return strlen($piece);
    },
    CURLOPT_NOPROGRESS => false,
    CURLOPT_XFERINFOFUNCTION => function ($handle, $size, $now) use (&$calls) {
        $calls++;
        return 0;
    },
]));
show("lines", $lines);
show("bytes", md5(implode("", $pieces)));
show("progress was told", $calls > 0);

$left = str_repeat("upload ", 5000);
transfer("upload", handle("$web/count", [
    CURLOPT_UPLOAD => true,
    CURLOPT_INFILESIZE => strlen($left),
    CURLOPT_HTTPHEADER => ["Expect:"],
    CURLOPT_READFUNCTION => function ($handle, $stream, $most) use (&$left) {
        $piece = substr($left, 0, $most);
        $left = substr($left, $most);
        return $piece;
    },
]));
transfer("a write that ends it", handle("$web/large", [CURLOPT_WRITEFUNCTION => fn ($handle, $piece) => 0]));
transfer("progress that ends it", handle("$web/large", [
    CURLOPT_NOPROGRESS => false,
    CURLOPT_XFERINFOFUNCTION => fn ($handle, $size, $now) => $now > 0 ? 1 : 0,
]));
try {
    curl_exec(handle("$web/page", [CURLOPT_WRITEFUNCTION => function () {
        throw new RuntimeException("from the callback");
    }]));
} catch (RuntimeException $caught) {
    show("caught", $caught->getMessage());
}

// Files.
$file = fopen("download.bin", "wb");
$download = handle("$web/large", [CURLOPT_FILE => $file]);
show("file", curl_exec($download));
fclose($file);

// Copies and resets.
$first = handle("$web/echo", [CURLOPT_HTTPHEADER => ["X-Copied: yes"]]);
$second = curl_copy_handle($first);
curl_reset($first);
curl_setopt_array($first, [CURLOPT_URL => "$web/echo", CURLOPT_RETURNTRANSFER => true, CURLOPT_PROXY => ""]);
transfer("reset", $first);
transfer("copied", $second);

// Cookies.
$jar = handle("$web/cookie", [CURLOPT_COOKIEFILE => "", CURLOPT_COOKIEJAR => "jar.txt"]);
transfer("cookie", $jar);
curl_setopt($jar, CURLOPT_URL, "$web/echo");
curl_setopt($jar, CURLOPT_COOKIELIST, "Set-Cookie: own=1; path=/; domain=127.0.0.1");
transfer("cookies", $jar);
show("list", curl_getinfo($jar, CURLINFO_COOKIELIST));
unset($jar);

show("texts", array_map("curl_strerror", [0, 6, 7, 22, 28, 35]));
show("escaped", [curl_escape($get, "a b/\u{e4}"), curl_unescape($get, "%41%20b")]);
show("pause", curl_pause($get, CURLPAUSE_CONT));
