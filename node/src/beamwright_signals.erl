%% @doc Turns SIGTERM into a drain; every other signal keeps its usual effect.
%%
%% Stands in for kernel's `erl_signal_handler' in the `erl_signal_server' event manager. Up to `install',
%% before any application of the user's, SIGTERM ends the VM at once: so the release's boot script has it.
-module(beamwright_signals).
-behaviour(gen_event).

-export([install/0, uninstall/0]).
-export([init/1, handle_event/2, handle_call/2]).

-spec install() -> ok.
install() ->
    ok = swap(erl_signal_handler, ?MODULE),
    os:set_signal(sigterm, handle).

-spec uninstall() -> ok.
uninstall() -> swap(?MODULE, erl_signal_handler).

init(_Arguments) ->
    {ok, Usual} = erl_signal_handler:init([]),
    {ok, Usual}.

%% A crash here would take SIGTERM's handler away for good, so the lifecycle is cast to, not called,
%% and where it doesn't run the usual effect is better than none.
handle_event(sigterm, Usual) ->
    case whereis(beamwright_lifecycle) of
        undefined ->
            erl_signal_handler:handle_event(sigterm, Usual);
        _ ->
            ok = beamwright_lifecycle:stop(),
            {ok, Usual}
    end;
handle_event(Signal, Usual) ->
    erl_signal_handler:handle_event(Signal, Usual).

handle_call(_Request, Usual) -> {ok, {error, unknown}, Usual}.

swap(Out, In) -> gen_event:swap_handler(erl_signal_server, {Out, []}, {In, []}).
