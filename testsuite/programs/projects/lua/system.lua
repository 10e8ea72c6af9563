-- io, os, package, debug.
local name = "lua_test.tmp"
local f = assert(io.open(name, "w"))
print(f:write("line one\n", 2, " ", 3.5, "\nlast line without end") == f, io.type(f), io.type(5)); f:close()
print(io.type(f), pcall(f.write, f, "x"))
for l in io.lines(name) do io.write("[", l, "]") end
for a, b in io.lines(name, 4, 1) do io.write("{", a, b or "", "}") end
print()
f = io.open(name); print(f:read("l", "n", "n", "L", "a")); print(f:read("a"), f:read("l"), f:seek("set", 5), f:read(3), f:seek("cur"), f:seek("end")); f:close()
f = io.open(name, "a+"); f:setvbuf("full", 100); f:write("\nappended"); f:seek("set"); print(#f:read("a")); f:close()
print(io.open("/no/such/file"), pcall(io.lines, "/no/such/file"), pcall(io.open, name, "bad mode"))
local t = io.tmpfile(); t:write("temp"); t:seek("set"); print(t:read("a")); t:close()
local p = io.popen("echo from popen; exit 3"); print(p:read("a"), p:close())
print(os.execute("exit 5")); print(os.execute() ~= nil, os.getenv("HOME") ~= nil, os.getenv("NO_SUCH_VARIABLE"))
print(os.rename(name, name .. "2"), os.remove(name .. "2"), os.remove(name))
print(os.time({year = 2024, month = 2, day = 30, hour = 12}) - os.time({year = 2024, month = 3, day = 1, hour = 12}), os.date("!%Y-%m-%d %H:%M:%S", 86400), os.date("!*t", 0).year, type(os.clock()), os.difftime(5, 3), os.setlocale("C"), #os.tmpname() > 0)
package.cpath = "./lib?.so"
local counter = require("counter")
local c = counter.make(5)
print(c(), c(), tostring(c), c + counter.make(10), require("counter") == counter, package.loaded.counter == counter)
package.preload.virtual = function(n, extra) return {name = n, extra = extra} end
print(require("virtual").name, pcall(require, "no.such.module") == false, package.searchpath("x", "./?.nope"), package.config:sub(1, 1))
local function f2(a, b, ...) local c = 1; return debug.getinfo(1, "nSlutfr"), debug.getlocal(1, 1) end
local info, local1 = f2(10, 20)
print(info.name, info.short_src:match("[^/]*$"), info.currentline, info.nparams, info.isvararg, info.what, info.nups, local1)
print(debug.getinfo(print).what, debug.getinfo(1, "l").currentline, (debug.traceback("trace", 1):gsub("[^\n]*/", "")))
local up = 5
local function g() return up end
print(debug.getupvalue(g, 1), debug.setupvalue(g, 1, 6), g(), debug.upvalueid(g, 1) ~= nil)
local count = 0
debug.sethook(function(e, l) count = count + 1 end, "crl"); for i = 1, 10 do g() end; debug.sethook()
print(count > 20, debug.gethook(), debug.getmetatable("").__index == string, debug.getregistry() ~= nil)
debug.setmetatable(5, {__index = {double = function(n) return n * 2 end}}); print((21):double()); debug.setmetatable(5, nil)
local u = debug.setuservalue and io.stdout; print(debug.getuservalue(u, 1))
io.output():write("through output\n"); io.stdout:flush(); io.stderr:write("to stderr\n")
print(pcall(error, setmetatable({}, {__tostring = function() return "object" end})) == false)
error("the end, on purpose")
