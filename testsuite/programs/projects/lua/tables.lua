-- table and math.
local t = {5, 3, 8, 1, 9, 2}
table.sort(t); print(table.concat(t, " "))
table.sort(t, function(a, b) return a > b end); print(table.concat(t, " ", 2, 4))
table.insert(t, 7); table.insert(t, 1, 0); print(table.remove(t), table.remove(t, 1), #t, table.concat(t, ","))
print(table.unpack({1, 2, 3}, 2), table.pack(1, nil, 3).n, table.concat(table.move({1, 2, 3}, 1, 3, 3, {9, 9}), "-"))
print(pcall(table.sort, {3, 1, "x"}), pcall(table.insert, {1, 2}, 5, 3), pcall(table.concat, {{}}))
local words = {}
for i = 1, 500 do words[i] = (i * 7919) % 1009 end
table.sort(words)
local sum = 0
for i, w in ipairs(words) do sum = (sum * 31 + w) % 1000003 end
print(sum)
local keys = {}
for k in pairs({a = 1, b = 2, [3] = 3, [4.5] = 4, [true] = 5}) do keys[#keys + 1] = tostring(k) end
table.sort(keys); print(table.concat(keys, " "))
local sparse = {}
for i = 1, 100, 7 do sparse[i * 1000] = i end
local n = 0
for _ in pairs(sparse) do n = n + 1 end
print(n, next({}), #{1, 2, nil, 4} >= 2)
print(math.floor(3.7), math.ceil(3.2), math.max(1, 5, 3), math.min(2, 0.5), math.abs(-4), math.sqrt(2), math.pi, math.huge, -math.huge)
print(math.sin(1), math.cos(1), math.tan(1), math.asin(0.5), math.acos(0.5), math.atan(1, 2), math.exp(1), math.log(10), math.log(8, 2), math.log(100, 10))
print(math.fmod(7, 3), math.fmod(-7, 3), math.modf(3.7), math.tointeger(3.0), math.tointeger(3.5), math.ult(1, -1), math.maxinteger, math.mininteger)
math.randomseed(42)
local a, b = math.random(100), math.random()
math.randomseed(42)
print(a == math.random(100), b == math.random(), pcall(math.random, 2, 1))
print(math.maxinteger + 1 == math.mininteger, math.maxinteger * 2.0, 5 // 0.0, -5 % math.huge, pcall(function() return 1 // 0 end))
print(1e15, 1e16, 123456789012345678, 0.1, 1 / 3, 100 // 1e-320 > 0, 2^63, math.tointeger("8"))
local m = {}
for i = 1, 30 do m[i] = {} for j = 1, 30 do m[i][j] = i * j % 17 end end
local s = 0
for i = 1, 30 do for j = 1, 30 do for k = 1, 30 do s = s + m[i][k] * m[k][j] end end end
print(s)
