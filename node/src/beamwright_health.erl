%% @doc Probes the node's service again and again, and tells the lifecycle each result.
%%
%% Waits for the boot to end first: a probe that passes while applications are still starting would
%% make the node ready too early. Each probe is a process of its own, killed when it takes too long,
%% so that a service that hangs can't hang its observer.
-module(beamwright_health).
-behaviour(gen_server).

-export([start_link/1]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-export([pause/2]).

%% How soon to look again while the node has never been healthy: what a start waits for.
-define(EAGER, 250).
%% How soon to ask again whether the boot has ended.
-define(BOOT_POLL, 50).

-spec start_link(beamwright_environment:config()) -> gen_server:start_ret().
start_link(Config) -> gen_server:start_link({local, ?MODULE}, ?MODULE, Config, []).

init(Config) ->
    self() ! check,
    {ok, #{config => Config, passed => false, running => none}}.

handle_info(check, State) ->
    case init:get_status() of
        {starting, _} ->
            check_in(?BOOT_POLL),
            {noreply, State};
        _ ->
            {noreply, State#{running := start_probe(State)}}
    end;
handle_info({overdue, Pid}, State) ->
    exit(Pid, kill),
    {noreply, State};
handle_info({'DOWN', Monitor, process, _, Reason}, #{running := Monitor} = State) ->
    Result = result(Reason),
    ok = beamwright_lifecycle:health(Result),
    #{config := Config, passed := Passed} = State,
    Now = Passed orelse Result =:= ok,
    check_in(pause(Config, Now)),
    {noreply, State#{passed := Now, running := none}}.

handle_call(_Request, _From, State) -> {reply, {error, unknown}, State}.

handle_cast(_Request, State) -> {noreply, State}.

%% @doc Milliseconds between two probes: short until the first passes, and never longer than half of
%% what the watchdog allows (sd_watchdog_enabled(3)).
-spec pause(beamwright_environment:config(), Passed :: boolean()) -> non_neg_integer().
pause(#{health_interval := Interval}, false) -> min(Interval, ?EAGER);
pause(#{health_interval := Interval, watchdog := infinity}, true) -> Interval;
pause(#{health_interval := Interval, watchdog := Watchdog}, true) -> min(Interval, Watchdog div 2).

%% Internal

start_probe(#{config := #{probe := Probe, health_timeout := Timeout}}) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({probed, beamwright_probe:run(Probe, Timeout)}) end),
    _ = erlang:send_after(Timeout, self(), {overdue, Pid}),
    Monitor.

result({probed, Result}) -> Result;
result(killed) -> {error, timeout};
result(Crash) -> {error, Crash}.

check_in(Milliseconds) ->
    _ = erlang:send_after(Milliseconds, self(), check),
    ok.
