<?php
// The multi and share functions: php multi.php URL.
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

// Many at once, and more from within the loop.
$multi = curl_multi_init();
$names = [];
for ($i = 0; $i < 30; $i++) {
    $handle = handle($i % 10 == 9 ? "http://127.0.0.1:1/" : "$web/page?$i");
    $names[spl_object_id($handle)] = $i;
    $handles[$i] = $handle;
    curl_multi_add_handle($multi, $handle);
}
$results = [];
$more = 10;
do {
    $status = curl_multi_exec($multi, $running);
    while ($message = curl_multi_info_read($multi)) {
        $handle = $message["handle"];
        $name = $names[spl_object_id($handle)];
        $results[$name] = [$message["msg"], $message["result"], curl_multi_getcontent($handle), curl_errno($handle)];
        curl_multi_remove_handle($multi, $handle);
        if ($more-- > 0) {
            $next = handle("$web/echo", [CURLOPT_POSTFIELDS => "more $more"]);
            $names[spl_object_id($next)] = 100 + $more;
            $handles[100 + $more] = $next;
            curl_multi_add_handle($multi, $next);
            $running++;
        }
    }
    if ($running && curl_multi_select($multi, 1.0) < 0)
        usleep(1000);
} while ($running && $status == CURLM_OK);
ksort($results);
show("results", $results);
show("status", [$status, curl_multi_errno($multi), curl_multi_strerror($status)]);
show("added twice", [curl_multi_add_handle($multi, $handles[0]), curl_multi_add_handle($multi, $handles[0])]);
curl_multi_remove_handle($multi, $handles[0]);

// Removed and closed in the middle.
$slow = handle("$web/stuck");
curl_multi_add_handle($multi, $slow);
curl_multi_exec($multi, $running);
curl_multi_select($multi, 0.2);
curl_multi_exec($multi, $running);
show("running", $running);
curl_multi_remove_handle($multi, $slow);
curl_multi_exec($multi, $running);
show("running after its removal", $running);
curl_multi_add_handle($multi, handle("$web/stuck"));
curl_multi_exec($multi, $running);
curl_multi_close($multi);

// Callbacks in a multi handle, with an exception in one.
$multi = curl_multi_init();
curl_multi_setopt($multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, 2);
$body = "";
$callback = handle("$web/large", [CURLOPT_WRITEFUNCTION => function ($handle, $piece) use (&$body) {
    $body .= $piece;
    return strlen($piece);
}]);
curl_multi_add_handle($multi, $callback);
do {
    curl_multi_exec($multi, $running);
    curl_multi_select($multi, 1.0);
} while ($running);
show("body", md5($body));
curl_multi_remove_handle($multi, $callback);
$thrower = handle("$web/page", [CURLOPT_HEADERFUNCTION => function () {
    throw new RuntimeException("from the callback");
}]);
curl_multi_add_handle($multi, $thrower);
try {
    do {
        curl_multi_exec($multi, $running);
        curl_multi_select($multi, 1.0);
    } while ($running);
} catch (RuntimeException $caught) {
    show("caught", $caught->getMessage());
}
curl_multi_close($multi);

// Shared cookies and more.
$share = curl_share_init();
foreach ([CURL_LOCK_DATA_COOKIE, CURL_LOCK_DATA_DNS, CURL_LOCK_DATA_SSL_SESSION] as $what)
    show("share $what", curl_share_setopt($share, CURLSHOPT_SHARE, $what));
$one = handle("$web/cookie", [CURLOPT_SHARE => $share, CURLOPT_COOKIEFILE => ""]);
show("one", curl_exec($one));
$two = handle("$web/echo", [CURLOPT_SHARE => $share]);
show("two", curl_exec($two));
show("unshared", curl_exec(handle("$web/echo")));
unset($one, $two);
curl_share_close($share);
