%% @doc One expression, or a shell, on a running node: what `invoke rpc' and `invoke console' run on
%% the host, out of the node's own tree and with its environment and credentials.
%%
%% A second VM is started without a name on its command line, in the same RootDirectory=, with the
%% node's EnvironmentFile= and LoadCredential=cookie, and BEAMWRIGHT_TARGET=courier1@ams1:
%% ```
%% /app/bin/erlexec -boot /app/releases/VSN/start_clean -boot_var RELEASE_LIB /app/lib
%%     -nocookie -start_epmd false -epmd_module beamwright_epmd
%%     -noshell -s beamwright_rpc main      rpc: reads the expression from standard input
%%     -noinput -s beamwright_rpc shell     console: -noshell would swallow what is typed ahead
%% '''
%% No `-mode embedded' here: in interactive mode the code path is all of ROOTDIR/lib. That brings this
%% module, and IEx's, which reads the lines of a remote IEx on this side.
%% `-nocookie' keeps the kernel from making up a `.erlang.cookie' in HOME; nothing is written.
%% The value goes to standard output, errors to standard error. Exit codes: 0 evaluated, 1 an error,
%% 4 the node can't be reached. BEAMWRIGHT_RPC_TIMEOUT: seconds, 30 by default.
-module(beamwright_rpc).

-export([main/0, shell/0]).
-export([on_target/2, evaluate/2, print/1, start_shell/1, fail/2]).

-define(FAILED, 1).
-define(UNREACHABLE, 4).
%% What the way there and back may take on top of the evaluation.
-define(TRAVEL, 5000).

%% @doc Evaluates standard input on the target, prints and ends the VM.
-spec main() -> no_return().
main() -> on_target(?UNREACHABLE, fun(Target) -> print(evaluate(Target, read_all())) end).

%% @doc An interactive shell on the target: IEx where the target has it, else Erlang's.
%%
%% Leave with Ctrl-G q, or Ctrl-C a. `q().' and `init:stop().' stop the *node*.
-spec shell() -> no_return().
shell() -> on_target(?UNREACHABLE, fun start_shell/1).

%% @doc Acts on the target once this VM is connected to it; ends with the code where it can't be reached.
-spec on_target(Unreachable :: 1..255, fun((node()) -> no_return())) -> no_return().
on_target(Unreachable, Act) ->
    %% The logger prints to standard output, which belongs to the value.
    ok = logger:set_primary_config(level, none),
    ok = io:setopts([binary, {encoding, unicode}]),
    try
        case beamwright_remote:connect() of
            {ok, Target} -> Act(Target);
            {unreachable, Target} -> fail(Unreachable, [atom_to_list(Target), " can't be reached"])
        end
    catch
        error:{beamwright_node, Message} -> fail(?FAILED, Message)
    end.

%% @doc The outcome, where it belongs, and the end of this VM.
-spec print(beamwright_evaluation:outcome()) -> no_return().
print({ok, Text}) ->
    ok = io:format("~ts~n", [Text]),
    halt(0);
print({error, Text}) ->
    fail(?FAILED, Text).

%% @doc What the expression gives on the target.
-spec evaluate(node(), binary()) -> beamwright_evaluation:outcome().
evaluate(Target, Source) ->
    Timeout = beamwright_environment:rpc_timeout(),
    try
        erpc:call(Target, beamwright_evaluation, run, [Source, Timeout], travel(Timeout))
    catch
        error:Reason -> {error, io_lib:format("~ts: ~tp", [Target, Reason])}
    end.

travel(infinity) -> infinity;
travel(Timeout) -> Timeout + ?TRAVEL.

read_all() ->
    case io:get_line("") of
        eof -> <<>>;
        Line -> <<Line/binary, (read_all())/binary>>
    end.

%% @doc A shell on the target; this VM ends with it.
-spec start_shell(node()) -> no_return().
start_shell(Target) ->
    case shell:start_interactive({remote, atom_to_list(Target), interpreter(Target)}) of
        %% The VM ends from within the shell, or with the target: what is left would be a shell of nothing.
        %% Until then this process holds the helper's name.
        ok ->
            true = erlang:monitor_node(Target, true),
            receive
                {nodedown, Target} -> fail(?FAILED, [atom_to_list(Target), " is gone"])
            end;
        {error, Reason} -> fail(?FAILED, io_lib:format("no shell on ~ts: ~tp", [Target, Reason]))
    end.

interpreter(Target) ->
    case erpc:call(Target, code, ensure_loaded, ['Elixir.IEx']) of
        {module, _} -> {iex, start, []};
        {error, _} -> {shell, start, []}
    end.

%% @doc Says why on standard error, and ends this VM.
-spec fail(1..255, unicode:chardata()) -> no_return().
fail(Code, Message) ->
    io:format(standard_error, "~ts~n", [Message]),
    halt(Code).
