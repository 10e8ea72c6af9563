-- Values, closures, metatables, goto, integer and float arithmetic, errors, garbage collection.
print(1, 1.0, -0.0, 1e100, 2^53, 7 // 2, -7 // 2, 7 % -3, -7 % 3, 7.5 // 2, 1 / 0, 3 | 4, 5 ~ 1, ~0, 1 << 62, 0x10p2)
print(10 == 10.0, "10" == 10, "10" + 5, 10 .. 20, math.type(1), math.type(1.0), math.type("1"))
local function counter()
  local n = 0
  return function() n = n + 1; return n end
end
local a, b = counter(), counter()
print(a(), a(), b(), select("#", 1, nil, nil), select(-1, "x", "y"))
local V = {}
V.__index = V
V.__add = function(x, y) return setmetatable({v = x.v + y.v}, V) end
V.__eq = function(x, y) return x.v == y.v end
V.__lt = function(x, y) return x.v < y.v end
V.__le = function(x, y) return x.v <= y.v end
V.__concat = function(x, y) return tostring(x) .. "&" .. tostring(y) end
V.__tostring = function(x) return "V" .. x.v end
V.__call = function(x, y) return x.v * y end
V.__len = function(x) return x.v end
V.__unm = function(x) return setmetatable({v = -x.v}, V) end
V.__close = function(x) print("closing", x.v) end
local x, y = setmetatable({v = 3}, V), setmetatable({v = 4}, V)
print(tostring(x + y), x == y, x < y, x >= y, x .. y, x(10), #y, tostring(-x))
do
  local first <close> = x
  local second <close> = y
  local constant <const> = 5
  print("in block", constant)
end
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
print()
print(pcall(error, {code = 5}), pcall(error, "message", 0), pcall(error))
print(xpcall(function() local t = nil; return t.x end, function(m) return "handled: " .. m end))
print(select(2, pcall(function() return 1 + {} end)), select(2, pcall(function() return #5 end)))
print(select(2, pcall(string.rep)), select(2, pcall(setmetatable, 1, 2)))
print(load("return 1 + 1")(), load("syntax error here"), type(load(function() return nil end)))
print(tostring(nil), tonumber("0x1F"), tonumber("z", 36), tonumber("12", 2), tonumber("1e1"), tonumber(""), rawlen({1, 2}), rawequal(x, x), rawget(x, "v"))
local weak = setmetatable({}, {__mode = "k"})
weak[{}] = 1
collectgarbage()
print(next(weak), collectgarbage("count") > 0, collectgarbage("step"), collectgarbage("isrunning"))
local order = {}
setmetatable({}, {__gc = function() order[#order + 1] = "collected" end})
collectgarbage()
print(order[1])
collectgarbage("generational")
for i = 1, 20000 do local t = {i, tostring(i)} end
collectgarbage("incremental")
print(add(1.5, 2), _VERSION, type(_G), _G._G == _G)
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(20))
local function deep(n) if n == 0 then return 0 end return 1 + deep(n - 1) end
print(deep(10000), pcall(function() local function f() return f() + 1 end return f() end) == false)
print((function(...) local t = {...}; return #t, ... end)(1, 2, 3))
warn("@on"); warn("a ", "warning")
