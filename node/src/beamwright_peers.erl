%% @doc Joins the peers that the environment names, and joins them again when they were away.
%%
%% The first round is part of the start, so that an application that takes over state from its peers
%% finds them. A connection attempt to a host that is gone takes seconds, so each runs in a process of
%% its own, and the start waits no longer than FIRST_ROUND for them.
%% The pause between rounds is jittered: nodes that lost each other together don't retry together.
-module(beamwright_peers).
-behaviour(gen_server).

-export([start_link/1, list/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).

-define(PAUSE, 2000).
-define(JITTER, 2000).
-define(FIRST_ROUND, 2000).

-type peers() :: #{connected := [node()], missing := [node()]}.
-export_type([peers/0]).

-spec start_link([node()]) -> gen_server:start_ret().
start_link(Expected) -> gen_server:start_link({local, ?MODULE}, ?MODULE, Expected, []).

%% @doc The expected peers, by whether they are connected now.
-spec list() -> peers().
list() -> gen_server:call(?MODULE, list).

init(Expected) ->
    ok = net_kernel:monitor_nodes(true),
    State = join(#{expected => Expected, attempts => #{}}),
    Attempts = await(maps:get(attempts, State), deadline(?FIRST_ROUND)),
    ok = report(Expected),
    {ok, State#{attempts := Attempts}}.

handle_call(list, _From, #{expected := Expected} = State) ->
    {reply, split(Expected), State}.

handle_cast(_Request, State) -> {noreply, State}.

handle_info(join, State) ->
    {noreply, join(State)};
handle_info({'DOWN', Monitor, process, _, _}, #{attempts := Attempts} = State) ->
    {noreply, State#{attempts := maps:remove(Monitor, Attempts)}};
handle_info({Change, _Node}, #{expected := Expected} = State) when
    Change =:= nodeup; Change =:= nodedown
->
    ok = report(Expected),
    {noreply, State}.

%% Internal

%% A round: tries the peers that are missing and not being tried, and asks for the next round.
join(#{expected := Expected, attempts := Attempts} = State) ->
    #{missing := Missing} = split(Expected),
    New = maps:from_list([attempt(Peer) || Peer <- Missing -- maps:values(Attempts)]),
    _ = erlang:send_after(?PAUSE + rand:uniform(?JITTER), self(), join),
    State#{attempts := maps:merge(Attempts, New)}.

%% The attempts that still run at the deadline; their ends come as messages.
await(Attempts, _Deadline) when map_size(Attempts) =:= 0 ->
    #{};
await(Attempts, Deadline) ->
    receive
        {'DOWN', Monitor, process, _, _} when is_map_key(Monitor, Attempts) ->
            await(maps:remove(Monitor, Attempts), Deadline)
    after max(0, Deadline - erlang:monotonic_time(millisecond)) ->
        Attempts
    end.

deadline(Milliseconds) -> erlang:monotonic_time(millisecond) + Milliseconds.

attempt(Peer) ->
    {_Pid, Monitor} = spawn_monitor(net_kernel, connect_node, [Peer]),
    {Monitor, Peer}.

report(Expected) -> beamwright_lifecycle:peers(split(Expected)).

split(Expected) ->
    Nodes = nodes(),
    {Connected, Missing} = lists:partition(fun(Peer) -> lists:member(Peer, Nodes) end, Expected),
    #{connected => lists:sort(Connected), missing => lists:sort(Missing)}.
