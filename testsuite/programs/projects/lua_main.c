//@ part
// Runs Lua scripts, each in a state of its own, with all libraries; then a script from memory, a dump and a hook.
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

static int add(lua_State *L) { lua_pushnumber(L, luaL_checknumber(L, 1) + luaL_checknumber(L, 2)); return 1; }
static int traceback(lua_State *L) { luaL_traceback(L, L, lua_tostring(L, 1), 1); return 1; }
static int hooks;
static void hook(lua_State *L, lua_Debug *ar) { (void)L, (void)ar; hooks++; }
static int yielder(lua_State *L) { return lua_yield(L, lua_gettop(L)); }

static int run(const char *path) {
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_register(L, "add", add);
    lua_register(L, "yielder", yielder);
    lua_pushcfunction(L, traceback);
    int failed = luaL_loadfile(L, path) || lua_pcall(L, 0, LUA_MULTRET, 1);
    if (failed) printf("%s\n", lua_tostring(L, -1));
    lua_close(L);
    return failed;
}

static int write_chunk(lua_State *L, const void *p, size_t size, void *buffer) {
    (void)L;
    luaL_addlstring(buffer, p, size);
    return 0;
}

static int from_memory(void) {
    lua_State *L = luaL_newstate();
    luaL_requiref(L, "_G", luaopen_base, 1);
    luaL_requiref(L, "string", luaopen_string, 1);
    lua_settop(L, 0);
    const char *text = "local a, b = ... ; local s = 0; for i = a, b do s = s + i * i end; return s, string.rep('x', 3)";
    luaL_Buffer buffer;
    if (luaL_loadstring(L, text)) return 1;
    luaL_buffinit(L, &buffer);
    lua_pushvalue(L, 1);
    lua_dump(L, write_chunk, &buffer, 1);
    lua_pop(L, 1);
    luaL_pushresult(&buffer);
    size_t size;
    const char *chunk = lua_tolstring(L, -1, &size);
    luaL_loadbuffer(L, chunk, size, "dumped");
    lua_pushinteger(L, 1);
    lua_pushinteger(L, 100);
    lua_sethook(L, hook, LUA_MASKCOUNT, 10);
    lua_call(L, 2, 2);
    printf("%lld %s %d\n", lua_tointeger(L, -2), lua_tostring(L, -1), hooks > 10);
    lua_close(L);
    return 0;
}

int main(int argc, char **argv) {
    int failed = from_memory();
    for (int i = 1; i < argc; i++) {
        const char *name = strrchr(argv[i], '/');
        printf("== %s\n", name ? name + 1 : argv[i]);
        failed += run(argv[i]);
    }
    return failed;
}
