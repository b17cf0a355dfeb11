%% @doc Fails as its environment says: BOLT_START=crash or hang, BOLT_LIFE=<milliseconds> from its first health
%% check until it ends with BOLT_EXIT=<code>, BOLT_STOP=hang, BOLT_HEALTH=bad.
-module(bolt).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, prep_stop/1, stop/1, init/1, health/0]).

start(_Type, _Arguments) ->
    ok = start(os:getenv("BOLT_START", "well")),
    supervisor:start_link(?MODULE, []).

prep_stop(State) ->
    "hang" =/= os:getenv("BOLT_STOP") orelse timer:sleep(infinity),
    State.

stop(_State) ->
    ok.

init([]) ->
    {ok, {#{}, []}}.

%% @doc What `node.health.call` asks.
health() ->
    ok = live(os:getenv("BOLT_LIFE")),
    "bad" =/= os:getenv("BOLT_HEALTH").

start("well") -> ok;
start("hang") -> timer:sleep(infinity).

live(false) ->
    ok;
live(Milliseconds) ->
    Code = list_to_integer(os:getenv("BOLT_EXIT", "1")),
    {ok, _} = timer:apply_after(list_to_integer(Milliseconds), erlang, halt, [Code]),
    ok.
