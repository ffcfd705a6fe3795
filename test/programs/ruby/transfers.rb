# SPDX-License-Identifier: MIT
# curb and ethon: ruby transfers.rb URL
require "curb"
require "ethon"
web, = ARGV

def show(what, curl, error = nil)
  puts "== #{what}: #{error && "#{error.class} #{error.message}"} #{curl.response_code} #{curl.last_effective_url}", curl.header_str, curl.body_str
end

def transfer(what, url)
  curl = Curl::Easy.new(url)
  curl.proxy_url = ""
  yield curl if block_given?
  show(what, curl)
rescue Curl::Err::CurlError => e
  show(what, curl, e)
end

transfer("get", "#{web}/page", &:perform)
transfer("post", "#{web}/echo") { |c| c.http_post("a=1&b=2") }
transfer("form", "#{web}/echo") do |c|
  c.multipart_form_post = true
  c.http_post(Curl::PostField.content("field", "value"), Curl::PostField.file("file", "upload.txt"))
end
transfer("put", "#{web}/echo") { |c| c.http_put("put content") }
transfer("delete", "#{web}/echo", &:http_delete)
transfer("headers", "#{web}/echo") do |c|
  c.headers["X-Own"] = "1"
  c.perform
end
transfer("redirect", "#{web}/to-page") do |c|
  c.follow_location = true
  c.perform
end
transfer("refused", "http://127.0.0.1:1/", &:perform)
transfer("callbacks", "#{web}/large") do |c|
  size = 0
  c.on_body { |piece| size += piece.bytesize; piece.bytesize }
  c.on_complete { |done| puts "complete #{done.response_code}" }
  c.perform
  puts size
end
bodies = {}
multi = Curl::Multi.new
20.times do |number|
  curl = Curl::Easy.new(number % 10 == 3 ? "http://127.0.0.1:1/" : "#{web}/echo?#{number}")
  curl.proxy_url = ""
  curl.on_complete { |done, *| bodies[number] = [done.response_code, done.body_str] }
  multi.add(curl)
end
multi.perform
bodies.sort.each { |number, body| puts "#{number} #{body}" }

easy = Ethon::Easy.new
easy.http_request("#{web}/echo", :post, body: "from ethon", headers: { "X-Own" => "1" }, proxy: "")
puts "ethon #{easy.perform} #{easy.response_code} #{easy.response_body}"
