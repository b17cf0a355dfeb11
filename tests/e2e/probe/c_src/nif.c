#include <erl_nif.h>
#include <math.h>

static ERL_NIF_TERM root(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    double square;
    if (argc != 1 || !enif_get_double(env, argv[0], &square))
        return enif_make_badarg(env);
    return enif_make_double(env, sqrt(square));
}

static ErlNifFunc functions[] = {{"root", 1, root, 0}};

ERL_NIF_INIT(probe_nif, functions, NULL, NULL, NULL, NULL)
