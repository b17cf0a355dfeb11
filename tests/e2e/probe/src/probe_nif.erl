-module(probe_nif).
-export([root/1]).
-nifs([root/1]).
-on_load(load/0).

load() -> erlang:load_nif(filename:join(code:priv_dir(probe), "probe_nif"), 0).

root(_) -> erlang:nif_error(not_loaded).
