-- SPDX-License-Identifier: MIT
-- lua-curl: lua transfers.lua URL
require("curl")
local web = arg[1]

local function transfer(what, url, set)
    local body, lines = {}, {}
    local curl_handle = curl.easy_init()
    curl_handle:setopt(curl.OPT_URL, url)
    curl_handle:setopt(curl.OPT_PROXY, "")
    if set then set(curl_handle) end
    curl_handle:setopt(curl.OPT_WRITEFUNCTION, function(piece)
        body[#body + 1] = piece
        return #piece
    end)
    curl_handle:setopt(curl.OPT_HEADERFUNCTION, function(line)
        lines[#lines + 1] = line
        return #line
    end)
    local ok, text = curl_handle:perform()
    print("== " .. what, ok, text)
    print(table.concat(lines), table.concat(body))
end

transfer("get", web .. "/page")
transfer("post", web .. "/echo", function(c) c:setopt(curl.OPT_POSTFIELDS, "a=1&b=2") end)
transfer("headers", web .. "/echo", function(c) c:setopt(curl.OPT_HTTPHEADER, {"X-Own: 1", "Accept:"}) end)
transfer("redirect", web .. "/to-page", function(c) c:setopt(curl.OPT_FOLLOWLOCATION, 1) end)
transfer("refused", "http://127.0.0.1:1/")
print(curl.escape("a b/"), curl.unescape("%41"))
os.exit(0) -- without closing the state, which would unload the library before it is looked at
