%% @doc The node's state, and what systemd hears of it.
%%
%% ```
%%   starting ──healthy──► ready ◄──healthy── unhealthy
%%       │                   │ └──not healthy──►  │
%%       └──────drain────────┴────────drain───────┴──► draining ──► stopped
%% '''
%% READY=1 goes out on the first way into `ready'. WATCHDOG=1 follows each passed health check, and
%% each check at all while draining: the service then may answer 503 on purpose, and the watchdog
%% must not shoot what shuts down in order.
-module(beamwright_lifecycle).
-behaviour(gen_statem).

-export([start_link/1, health/1, peers/1, drain/0, stop/0, status/0, draining/0]).
-export([init/1, callback_mode/0, handle_event/4]).
-export([judge/2]).

-type state() :: starting | ready | unhealthy | draining.

%% Read on each request to a user's /healthz: a look-up, not a call. It outlives a crash of this
%% process, so that a node once told to drain never takes work again.
-define(DRAINING, {?MODULE, draining}).

-spec start_link(beamwright_environment:config()) -> gen_statem:start_ret().
start_link(Config) -> gen_statem:start_link({local, ?MODULE}, ?MODULE, Config, []).

%% @doc Takes the result of a health check.
-spec health(beamwright_probe:result()) -> ok.
health(Result) -> gen_statem:cast(?MODULE, {health, Result}).

%% @doc Takes which peers are connected.
-spec peers(beamwright_peers:peers()) -> ok.
peers(Peers) -> gen_statem:cast(?MODULE, {peers, Peers}).

%% @doc Readiness off, for good; the node runs on.
-spec drain() -> ok.
drain() -> gen_statem:call(?MODULE, drain).

%% @doc Drains for BEAMWRIGHT_DRAIN, then stops the VM in order. Returns at once.
-spec stop() -> ok.
stop() -> gen_statem:cast(?MODULE, stop).

-spec status() -> beamwright_status:status().
status() -> gen_statem:call(?MODULE, status).

-spec draining() -> boolean().
draining() -> persistent_term:get(?DRAINING, false).

%% @doc The state after a health check.
-spec judge(state(), beamwright_probe:result()) -> state().
judge(draining, _Result) -> draining;
judge(_State, ok) -> ready;
judge(starting, {error, _}) -> starting;
judge(_State, {error, _}) -> unhealthy.

callback_mode() -> handle_event_function.

init(Config) ->
    State = case draining() of true -> draining; false -> starting end,
    Data = #{
        config => Config,
        peers => #{connected => [], missing => maps:get(peers, Config)},
        problem => none,
        stopping => false,
        told => none
    },
    {ok, State, tell(State, [], Data)}.

handle_event(cast, {health, Result}, State, Data) ->
    Next = judge(State, Result),
    Fields = [ready || State =:= starting, Next =:= ready] ++ [watchdog || alive(Next)],
    {next_state, Next, tell(Next, Fields, log(Result, Data))};
handle_event(cast, {peers, Peers}, State, Data) ->
    {keep_state, tell(State, [], Data#{peers := Peers})};
handle_event({call, From}, drain, _State, Data) ->
    {next_state, draining, begin_drain([], Data), {reply, From, ok}};
handle_event(cast, stop, _State, #{stopping := true}) ->
    keep_state_and_data;
handle_event(cast, stop, State, Data) ->
    {next_state, draining, begin_drain([stopping], Data#{stopping := true}),
        {{timeout, stop}, grace(State, Data), now}};
handle_event({timeout, stop}, now, draining, _Data) ->
    ok = beamwright_stop:in_order(),
    keep_state_and_data;
handle_event({call, From}, status, State, Data) ->
    {keep_state_and_data, {reply, From, describe(State, Data)}}.

%% Internal

alive(State) -> State =:= ready orelse State =:= draining.

%% Nobody sends work to a node that was never ready: nothing to wait for.
grace(starting, _Data) -> 0;
grace(_State, #{config := #{drain := Drain}}) -> Drain.

begin_drain(Fields, Data) ->
    ok = persistent_term:put(?DRAINING, true),
    tell(draining, Fields, Data).

%% Sends the fields, with the status when it isn't what was told last.
tell(State, Fields, #{told := Told} = Data) ->
    Status = beamwright_status:encode(describe(State, Data)),
    ok = beamwright_notify:send(Fields ++ [{status, Status} || Status =/= Told]),
    Data#{told := Status}.

describe(State, #{config := #{version := Version}, peers := Peers}) ->
    #{connected := Connected, missing := Missing} = Peers,
    #{
        node => node(),
        version => Version,
        state => State,
        ready => State =:= ready,
        peers => length(Connected),
        expected => length(Connected) + length(Missing),
        missing => Missing
    }.

%% Once for each new problem: checks repeat several times a second while a node starts.
log(Problem, #{problem := Problem} = Data) ->
    Data;
log(ok, #{problem := none} = Data) ->
    Data;
log(ok, Data) ->
    ok = logger:notice("health check passed"),
    Data#{problem := none};
log({error, Reason} = Problem, Data) ->
    ok = logger:warning("health check failed: ~tp", [Reason]),
    Data#{problem := Problem}.
