//@ part
// A Lua module written in C: a userdata with metamethods. Loaded by `require` from a lazy shared library.
#include <lauxlib.h>
#include <lua.h>

struct counter { lua_Integer value; };

static struct counter *check(lua_State *L) { return luaL_checkudata(L, 1, "counter"); }
static int make(lua_State *L) {
    struct counter *c = lua_newuserdatauv(L, sizeof *c, 0);
    c->value = luaL_optinteger(L, 1, 0);
    luaL_setmetatable(L, "counter");
    return 1;
}
static int call(lua_State *L) { lua_pushinteger(L, ++check(L)->value); return 1; }
static int text(lua_State *L) { lua_pushfstring(L, "counter at %d", (int)check(L)->value); return 1; }
static int sum(lua_State *L) {
    struct counter *a = luaL_checkudata(L, 1, "counter"), *b = luaL_checkudata(L, 2, "counter");
    lua_pushinteger(L, a->value + b->value);
    return 1;
}

int luaopen_counter(lua_State *L) {
    static const luaL_Reg methods[] = {{"__call", call}, {"__tostring", text}, {"__add", sum}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"make", make}, {NULL, NULL}};
    luaL_newmetatable(L, "counter");
    luaL_setfuncs(L, methods, 0);
    luaL_newlib(L, functions);
    return 1;
}
