%% @doc Fails as its environment says: BOLT_START=crash, BOLT_LIFE=<milliseconds>, BOLT_STOP=hang,
%% BOLT_SECRET=<name of a credential that it can't start without>.
-module(bolt).
-behaviour(application).
-behaviour(supervisor).

-export([start/2, prep_stop/1, stop/1, init/1]).

start(_Type, _Arguments) ->
    "crash" =/= os:getenv("BOLT_START") orelse error(told_to_crash),
    ok = secret(os:getenv("BOLT_SECRET")),
    ok = live(os:getenv("BOLT_LIFE")),
    supervisor:start_link(?MODULE, []).

prep_stop(State) ->
    "hang" =/= os:getenv("BOLT_STOP") orelse timer:sleep(infinity),
    State.

stop(_State) ->
    ok.

init([]) ->
    {ok, {#{}, []}}.

secret(false) ->
    ok;
secret(Name) ->
    {ok, <<_, _/binary>>} = file:read_file(filename:join(os:getenv("CREDENTIALS_DIRECTORY"), Name)),
    ok.

live(false) ->
    ok;
live(Milliseconds) ->
    {ok, _} = timer:apply_after(list_to_integer(Milliseconds), erlang, halt, [1]),
    ok.
