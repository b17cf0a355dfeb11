%% An application that takes LATE milliseconds to start: what READY has to wait for.
-module(late).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, stop/1, init/1]).

start(_Type, _Arguments) ->
    timer:sleep(list_to_integer(os:getenv("LATE", "0"))),
    supervisor:start_link(?MODULE, []).

stop(_State) -> ok.

init([]) -> {ok, {#{}, []}}.
