-module(hello).
-export([version/0, echo/1]).
-nifs([version/0]).
-on_load(load/0).
load() -> erlang:load_nif(filename:join(code:priv_dir(hello), "nif"), 0).
version() -> erlang:nif_error(not_loaded).
echo(Data) ->
    Port = open_port({spawn_executable, filename:join(code:priv_dir(hello), "echo")}, [binary, {packet, 2}]),
    port_command(Port, Data),
    receive {Port, {data, Back}} -> Back end.
