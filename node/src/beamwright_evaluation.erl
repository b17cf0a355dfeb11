%% @doc Evaluates an expression on the node that it is about; beamwright_rpc calls it there.
-module(beamwright_evaluation).

-export([run/2, evaluate/1]).
-export_type([outcome/0]).

-type outcome() :: {ok, unicode:chardata()} | {error, unicode:chardata()}.

%% @doc The value as text, or the error as text. Elixir where Elixir is loaded, else Erlang.
%%
%% The evaluating process is killed after the time-out (milliseconds), so that nothing that nobody
%% waits for keeps running in the node. What it prints goes to the caller's group leader.
-spec run(binary(), timeout()) -> outcome().
run(Source, Timeout) ->
    {Pid, Monitor} = spawn_monitor(fun() -> exit({outcome, evaluate(Source)}) end),
    receive
        {'DOWN', Monitor, process, Pid, {outcome, Outcome}} -> Outcome;
        {'DOWN', Monitor, process, Pid, Reason} -> {error, io_lib:format("~tp", [Reason])}
    after Timeout ->
        exit(Pid, kill),
        {error, io_lib:format("no value after ~b ms", [Timeout])}
    end.

%% @doc The same in the calling process.
-spec evaluate(binary()) -> outcome().
evaluate(Source) ->
    case code:ensure_loaded('Elixir.Code') of
        {module, _} -> evaluate_elixir(Source);
        {error, _} -> evaluate_erlang(unicode:characters_to_list(Source))
    end.

%% Without with_diagnostics (Elixir 1.15) a compile error's message would go to the node's own log.
%% Internal

evaluate_elixir(Source) ->
    case 'Elixir.Code':with_diagnostics(fun() -> try_elixir(Source) end) of
        {{ok, Text}, _Diagnostics} -> {ok, Text};
        {{error, Text}, Diagnostics} -> {error, [[[M, $\n] || #{message := M} <- Diagnostics], Text]}
    end.

try_elixir(Source) ->
    try 'Elixir.Code':eval_string(Source) of
        {Value, _Bindings} -> {ok, 'Elixir.Kernel':inspect(Value, [{limit, infinity}])}
    catch
        Class:Reason:Stack -> {error, 'Elixir.Exception':format(Class, Reason, Stack)}
    end.

evaluate_erlang(Source) ->
    case parse(Source) of
        {ok, Expressions} ->
            try erl_eval:exprs(Expressions, []) of
                {value, Value, _Bindings} -> {ok, io_lib:format("~tp", [Value])}
            catch
                Class:Reason:Stack -> {error, erl_error:format_exception(Class, Reason, Stack)}
            end;
        {error, Message} ->
            {error, Message}
    end.

%% The final dot may be left out.
parse(Source) ->
    Text = string:trim(string:trim(Source), trailing, "."),
    case erl_scan:string(Text ++ " .") of
        {ok, Tokens, _End} ->
            case erl_parse:parse_exprs(Tokens) of
                {ok, Expressions} -> {ok, Expressions};
                {error, {_At, Module, Why}} -> {error, Module:format_error(Why)}
            end;
        {error, {_At, Module, Why}, _End} ->
            {error, Module:format_error(Why)}
    end.
