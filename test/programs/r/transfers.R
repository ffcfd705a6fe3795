# SPDX-License-Identifier: MIT
# R's curl package: Rscript transfers.R URL
library(curl)
web <- commandArgs(TRUE)[1]
handle <- function(...) new_handle(proxy = "", ...)
show <- function(what, value) {
  cat("==", what, "\n")
  print(value)
}
fetch <- function(what, path, h = handle()) {
  answer <- tryCatch(curl_fetch_memory(paste0(web, path), h), error = function(e) conditionMessage(e))
  if (is.character(answer)) show(what, answer)
  else show(what, list(answer$status_code, rawToChar(answer$headers), rawToChar(head(answer$content, 500))))
}
fetch("get", "/page")
fetch("missing", "/missing")
fetch("redirect", "/to-page")
fetch("post", "/echo", handle(copypostfields = "a=1"))
form <- handle()
handle_setform(form, field = "value", file = form_file("upload.txt", "text/plain"), data = form_data("bytes", "x/y"))
fetch("form", "/echo", form)
headers <- handle()
handle_setheaders(headers, "X-Own" = "1", "Accept" = "none")
fetch("headers", "/echo", headers)
cookies <- handle()
fetch("cookie", "/cookie", cookies)
fetch("with cookies", "/echo", cookies)
show("cookies", handle_cookies(cookies)[, c("domain", "path", "name", "value")])
curl_download(paste0(web, "/large"), "large.out", handle = handle())
show("refused", tryCatch(curl_fetch_memory("http://127.0.0.1:1/"), error = function(e) conditionMessage(e)))
lines <- readLines(curl(paste0(web, "/page"), handle = handle()))
show("connection", lines)
# Many at once.
results <- list()
pool <- new_pool()
for (i in 1:30) local({
  number <- i
  curl_fetch_multi(paste0(if (number %% 10 == 3) "http://127.0.0.1:1" else web, "/echo?", number), handle = handle(), pool = pool,
                   done = function(answer) results[[as.character(number)]] <<- rawToChar(answer$content),
                   fail = function(message) results[[as.character(number)]] <<- message)
})
show("counts", multi_run(pool = pool))
show("results", results[order(as.integer(names(results)))])
stream <- 0
answer <- curl_fetch_stream(paste0(web, "/large"), function(piece) stream <<- stream + length(piece), handle = handle())
show("stream", stream)
