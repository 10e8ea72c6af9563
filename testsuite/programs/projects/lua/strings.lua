-- string and utf8.
print(("hello"):upper(), ("x"):rep(5, "-"), ("abc"):reverse(), #"größe", ("abc"):byte(1, -1), string.char(76, 117, 97))
print(("hello world"):find("o w"), ("hello"):find("l+"), ("a.b"):find(".", 1, true), ("hello"):match("(h)(.)"), ("key = value"):match("^(%w+)%s*=%s*(%w+)$"))
print(("hello world"):gsub("o", "0"), ("abc"):gsub("%w", "%0%0"), ("hello"):gsub("", "-"), ("$name is $age"):gsub("%$(%w+)", {name = "Lua", age = 30}), ("abc"):gsub(".", function(c) return c:byte() .. " " end, 2))
for k, v in ("a=1, b=2, c=3"):gmatch("(%w)=(%w)") do io.write(k, v, ";") end
print()
print(("THE (quick) fox"):find("%((%a+)%)"), ("f(a(b)c)d"):match("%b()"), ("THE fox"):find("%f[%a]%a+%f[%A]"))
print(string.format("%5d|%-5d|%05.1f|%x|%X|%o|%c|%s|%q|%%|%g|%e|%a|%i|%10.3s|", 42, 42, 3.14159, 255, 255, 8, 65, "s", 'a "q"\n', 1e20, 12345.678, 1.0, 7, "abcdef"))
print(string.format("%q", 1 / 3), string.format("%-10s|%+d|% d|%#x", "left", 5, 5, 255))
print(string.pack("<i4 >i2 z s1 d", 100, -2, "zero", "len", 2.5):byte(1, -1))
print(string.unpack("<i4 >i2 z s1 d", string.pack("<i4 >i2 z s1 d", 100, -2, "zero", "len", 2.5)))
print(string.packsize("i4 i8 !8 d"), ("x"):len(), ("abc"):sub(-2), ("abc"):sub(2, 10), ("%d"):format(3.0))
print(utf8.char(72, 228, 8364, 128512), utf8.len("häß€"), utf8.codepoint("€", 1), utf8.offset("aä€", 3), utf8.len("\xff"), utf8.charpattern)
for p, c in utf8.codes("aé€") do io.write(p, "=", c, " ") end
print()
print(pcall(string.format, "%d", 1.5), pcall(string.rep, "x", -1), pcall(("x").bad), tostring(12):rep(2))
print(#string.dump(function() return 1 end) > 10, load(string.dump(function(a) return a * 2 end))(21))
local parts = {}
for i = 1, 1000 do parts[#parts + 1] = i .. "" end
print(#table.concat(parts, ","), ("x"):rep(1000):gsub("x", "yy"):len())
