-module(depot_counter).
-moduledoc """
Raises this node's own slot of the ledger.

A counter that starts takes a new slot, `{node, time of start}`. Were it named by the node alone, a node that
starts while cut off from its peers would count from zero again, and the merge would swallow what it counts.
""".
-behaviour(gen_server).

-export([start_link/0, raise/0, answers/0]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-doc """
Adds one and returns the cluster's value, once another connected node holds it too.

The caller asks the other nodes, not this process: a node that hangs delays its own clients only.
""".
-spec raise() -> {ok, pos_integer()} | {error, unconfirmed}.
raise() ->
    Slot = gen_server:call(?MODULE, raise),
    maybe
        ok ?= depot_ledger:replicate([Slot]),
        {ok, depot_ledger:value()}
    end.

-spec answers() -> boolean().
answers() ->
    try
        gen_server:call(?MODULE, answers, 1_000)
    catch
        exit:_ -> false
    end.

init([]) ->
    {ok, #{slot => {node(), os:system_time()}, count => 0}}.

handle_call(raise, _From, #{slot := Slot, count := Before} = State) ->
    Count = Before + 1,
    ok = depot_ledger:merge([{Slot, Count}]),
    {reply, {Slot, Count}, State#{count := Count}};
handle_call(answers, _From, State) ->
    {reply, true, State}.

handle_cast(_Message, State) ->
    {noreply, State}.
