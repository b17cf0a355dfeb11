%% @doc The commands of `bin/NAME' that talk to the node which that same script started.
%%
%% Each runs in a second VM, started as beamwright_rpc says; the plain arguments follow `-extra'.
%% Exit codes as mix's: 0, or 1 when the node isn't there or the expression raised.
-module(beamwright_hand).

-export([rpc/0, eval/0, remote/0, await/0, restart/0, ping/0]).

-define(FAILED, 1).
%% Milliseconds between two looks at a boot.
-define(BOOT_POLL, 100).

%% @doc Evaluates the first argument on the node.
%%
%% Elixir's value stays unseen, as with mix, whose users print what they want; Erlang's is printed, as
%% with relx.
-spec rpc() -> no_return().
rpc() ->
    [Source | _] = init:get_plain_arguments(),
    on_node(fun(Node) ->
        Outcome = beamwright_rpc:evaluate(Node, unicode:characters_to_binary(Source)),
        case {Outcome, call(Node, code, is_loaded, ['Elixir.Code'])} of
            {{ok, _Value}, {file, _}} -> halt(0);
            _ -> beamwright_rpc:print(Outcome)
        end
    end).

%% @doc Evaluates an Erlang expression in this VM, which no node is connected to, and prints its value.
-spec eval() -> no_return().
eval() ->
    [Source | _] = init:get_plain_arguments(),
    ok = io:setopts([binary, {encoding, unicode}]),
    beamwright_rpc:print(beamwright_evaluation:evaluate(unicode:characters_to_binary(Source))).

%% @doc A shell on the node.
-spec remote() -> no_return().
remote() -> on_node(fun beamwright_rpc:start_shell/1).

%% @doc Waits until the node's applications have started.
-spec await() -> no_return().
await() -> on_node(fun await/1).

%% @doc Stops all applications of the node and starts them anew, in the same process; waits for both.
-spec restart() -> no_return().
restart() ->
    on_node(fun(Node) ->
        Pid = call(Node, os, getpid, []),
        true = erlang:monitor_node(Node, true),
        ok = call(Node, init, restart, []),
        receive
            {nodedown, Node} -> reconnect(Node, Pid)
        end
    end).

-spec ping() -> no_return().
ping() ->
    on_node(fun(_Node) ->
        ok = io:format("pong~n"),
        halt(0)
    end).

%% Internal

on_node(Act) -> beamwright_rpc:on_target(?FAILED, Act).

%% A name that is taken, a port that is gone: the process may end instead of starting again.
reconnect(Node, Pid) ->
    case {net_kernel:connect_node(Node), filelib:is_file("/proc/" ++ Pid ++ "/exe")} of
        {true, _} ->
            await(Node);
        {false, true} ->
            timer:sleep(?BOOT_POLL),
            reconnect(Node, Pid);
        {false, false} ->
            gone(Node)
    end.

await(Node) ->
    case call(Node, init, get_status, []) of
        {started, _} ->
            halt(0);
        {starting, _} ->
            timer:sleep(?BOOT_POLL),
            await(Node);
        {stopping, _} ->
            gone(Node)
    end.

call(Node, Module, Function, Arguments) ->
    try
        erpc:call(Node, Module, Function, Arguments)
    catch
        error:{erpc, noconnection} -> gone(Node)
    end.

-spec gone(node()) -> no_return().
gone(Node) -> beamwright_rpc:fail(?FAILED, [atom_to_list(Node), " is gone"]).
