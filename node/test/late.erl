%% An application that takes LATE milliseconds to start: what READY has to wait for. It keeps which nodes
%% were there when it started, and logs that it has stopped.
-module(late).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, stop/1, init/1]).

start(_Type, _Arguments) ->
    ok = persistent_term:put(?MODULE, nodes()),
    timer:sleep(list_to_integer(os:getenv("LATE", "0"))),
    supervisor:start_link(?MODULE, []).

stop(_State) -> logger:notice("late has stopped").

init([]) -> {ok, {#{}, []}}.
