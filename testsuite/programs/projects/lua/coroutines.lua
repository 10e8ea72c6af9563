-- coroutine, through Lua and C.
local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end return "done" end) end
local g = gen(3)
print(g(), g(), g(), g()); print(pcall(g))
local co = coroutine.create(function(a, b)
  local c = coroutine.yield(a + b)
  local d, e = coroutine.yield(c * 2)
  error({d + e})
end)
print(coroutine.resume(co, 1, 2)); print(coroutine.resume(co, 10)); print(coroutine.status(co))
local ok, e = coroutine.resume(co, 3, 4)
print(ok, type(e), e[1], coroutine.status(co), coroutine.resume(co))
print(coroutine.isyieldable(), select(2, coroutine.running()))
local inner = coroutine.wrap(function() print(pcall(function() coroutine.yield("through pcall"); error("after") end)) return "end" end)
print(inner()); print(inner())
local c = coroutine.wrap(function(...) print(yielder(...)); return yielder("again") end)
print(c(1, 2, 3)); print(c("back"))
local closing = coroutine.create(function() local x <close> = setmetatable({}, {__close = function() print("closed") end}) coroutine.yield() end)
coroutine.resume(closing); print(coroutine.close(closing), coroutine.status(closing))
local queue, log = {}, {}
for i = 1, 5 do queue[i] = coroutine.create(function() for j = 1, i do log[#log + 1] = i .. "." .. j; coroutine.yield() end end) end
while #queue > 0 do
  local t = table.remove(queue, 1)
  coroutine.resume(t)
  if coroutine.status(t) ~= "dead" then queue[#queue + 1] = t end
end
print(table.concat(log, " "))
print(select("#", table.unpack({}, 1, 200)), pcall(coroutine.resume, 5), coroutine.wrap(function() return pcall(pcall, error, "x") end)())
local all = {}
for i = 1, 2000 do all[i] = coroutine.wrap(function() coroutine.yield(i) end) end
local total = 0
for i = 1, 2000 do total = total + all[i]() end
print(total)
table.sort({3, 2, 1}, function(a, b) return coroutine.wrap(function() coroutine.yield(a < b) end)() end)
