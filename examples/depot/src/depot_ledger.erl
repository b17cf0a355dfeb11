-module(depot_ledger).
-moduledoc """
The counts of the whole cluster, in an ETS table owned by this process.

A grow-only counter (Shapiro et al., 2011): each depot_counter raises a slot of its own, the value is the sum of
all slots, and two ledgers merge by taking the larger count of each slot. Merging twice or in another order
changes nothing, so nodes may send each other what they have as often as they like:

- a ledger that starts takes over what the connected nodes hold, before HTTP answers;
- each raise goes to every connected node before the client is answered (`replicate/1`);
- nodes that meet (again) exchange everything;
- a ledger that stops hands on everything.

It never calls another ledger while it serves one, so no two can wait for each other.
""".
-behaviour(gen_server).

-export([start_link/0, value/0, slots/0, merge/1, replicate/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).
-export_type([slot/0]).

-type slot() :: {node(), Started :: integer()}.
-type slots() :: [{slot(), Count :: pos_integer()}].

-define(PEERS_TIMEOUT, 2_000).

start_link() ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

-spec value() -> non_neg_integer().
value() ->
    lists:sum([Count || {_Slot, Count} <- slots()]).

-spec slots() -> slots().
slots() ->
    ets:tab2list(?MODULE).

-doc "Takes over every count that is larger than the one held.".
-spec merge(slots()) -> ok.
merge(Slots) ->
    gen_server:call(?MODULE, {merge, Slots}).

-doc """
Gives slots to the connected nodes; `ok` once another node holds them, or there is none that could.

A node without a ledger (stopping, not started yet) is none: it asks for everything when it starts.
One that stays silent may be alive, so silence alone is an error.
""".
-spec replicate(slots()) -> ok | {error, unconfirmed}.
replicate(Slots) ->
    Answers = ask_peers(merge, [Slots]),
    Held = lists:member({ok, ok}, Answers),
    Silent = lists:member({error, {erpc, timeout}}, Answers),
    case Held orelse not Silent of
        true -> ok;
        false -> {error, unconfirmed}
    end.

init([]) ->
    process_flag(trap_exit, true),
    ets:new(?MODULE, [named_table, {read_concurrency, true}]),
    ok = net_kernel:monitor_nodes(true),
    [store(Slots) || {ok, Slots} <- ask_peers(slots, [])],
    {ok, #{}}.

handle_call({merge, Slots}, _From, State) ->
    store(Slots),
    {reply, ok, State}.

handle_cast(_Message, State) ->
    {noreply, State}.

handle_info({nodeup, Node}, State) ->
    erpc:cast(Node, ?MODULE, merge, [slots()]),
    {noreply, State};
handle_info({nodedown, _Node}, State) ->
    {noreply, State}.

terminate(_Reason, _State) ->
    replicate(slots()).

ask_peers(Function, Arguments) ->
    erpc:multicall(nodes(), ?MODULE, Function, Arguments, ?PEERS_TIMEOUT).

store(Slots) ->
    [ets:insert(?MODULE, {Slot, Count}) || {Slot, Count} <- Slots, Count > held(Slot)].

held(Slot) ->
    ets:lookup_element(?MODULE, Slot, 2, 0).
