%% Does what $PROBE names as the node starts, prints the outcome as a line of JSON, and stops.
-module(probe_app).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).

start(_, _) ->
    spawn(fun() -> act(os:getenv("PROBE")) end),
    supervisor:start_link(?MODULE, []).

stop(_) -> ok.

init([]) -> {ok, {#{}, []}}.

act("look") -> tell(probe:look());
act("connect") -> tell(probe:connect());
act("crash") -> erlang:halt("on purpose");
act("serve") -> probe_server:serve().

tell(Outcome) ->
    io:put_chars([json:encode(Outcome), $\n]),
    init:stop().
