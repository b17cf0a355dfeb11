#include <erl_nif.h>
extern const char *XML_ExpatVersion(void);
static ERL_NIF_TERM version(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]) {
    return enif_make_string(env, XML_ExpatVersion(), ERL_NIF_LATIN1);
}
static ErlNifFunc functions[] = {{"version", 0, version, 0}};
ERL_NIF_INIT(hello, functions, NULL, NULL, NULL, NULL)
