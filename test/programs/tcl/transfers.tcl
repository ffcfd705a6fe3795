# SPDX-License-Identifier: MIT
# TclCurl: tclsh transfers.tcl URL. Its multi handles are left out: TclCurl 7.22 writes behind the end of its own
# list of handles, into whatever lies there.
package require TclCurl
set web [lindex $argv 0]

proc transfer {what url args} {
    set handle [curl::init]
    $handle configure -url $url -proxy "" -bodyvar body -headervar head {*}$args
    set code [catch {$handle perform} result]
    puts "== $what: $code $result [$handle getinfo responsecode]"
    foreach name [lsort [array names head]] { puts "$name: $head($name)" }
    if {[info exists body]} { puts $body }
    $handle cleanup
}

transfer get $web/page
transfer post $web/echo -postfields "a=1&b=2"
transfer headers $web/echo -httpheader [list "X-Own: 1" "Accept:"]
transfer redirect $web/to-page -followlocation 1
transfer missing $web/missing -failonerror 1
transfer refused http://127.0.0.1:1/
transfer upload $web/count -upload 1 -infile upload.txt -httpheader [list "Expect:"]
transfer form $web/echo -httppost [list name field contents value] -httppost [list name file file upload.txt]

puts [curl::easystrerror 6]
