%% Real nodes, real signals, a real notify socket. No node here may need epmd: ERL_EPMD_PORT names a
%% port where none listens.
-module(beamwright_node_SUITE).
-include_lib("stdlib/include/assert.hrl").

-export([all/0, suite/0, init_per_suite/1, end_per_suite/1, init_per_testcase/2, end_per_testcase/2]).
-export([
    ready_waits_for_health/1,
    ready_waits_for_applications/1,
    watchdog_follows_health/1,
    hanging_service_is_unhealthy/1,
    runs_alone/1,
    nodes_join_and_rejoin/1,
    applications_start_among_their_peers/1,
    peers_that_hang_do_not_hold_up_the_start/1,
    sigterm_drains_then_stops/1,
    sigterm_stops_a_starting_node_at_once/1,
    what_is_printed_last_is_printed_and_not_slept_upon/1,
    other_signals_keep_their_effect/1,
    fails_without_a_good_cookie/1,
    fails_when_the_port_is_taken/1,
    rpc_evaluates/1,
    rpc_tells_failures_apart/1,
    rpc_names_are_bounded/1,
    rpc_speaks_elixir/1,
    rpc_reaches_long_names/1,
    console_is_a_shell_on_the_node/1,
    nodes_by_hand_find_each_other/1,
    commands_by_hand/1
]).

-define(SECOND, 1000).
%% Longer than anything awaited here takes, on a busy machine too.
-define(PATIENCE, 15 * ?SECOND).
-define(READY, #{<<"state">> => <<"ready">>, <<"ready">> => true}).

suite() -> [{timetrap, {seconds, 40}}].

all() -> [Name || {Name, 1} <- ?MODULE:module_info(exports), is_case(Name)].

is_case(Name) ->
    not lists:member(Name, [init_per_suite, end_per_suite, module_info]).

init_per_suite(Config) ->
    [{boot, test_vm:make_boot(proplists:get_value(priv_dir, Config))} | Config].

end_per_suite(_Config) -> ok.

init_per_testcase(Case, Config) ->
    Folder = filename:join(proplists:get_value(priv_dir, Config), Case),
    ok = filelib:ensure_path(Folder),
    ok = file:write_file(filename:join(Folder, "cookie"), lists:duplicate(43, $c)),
    [{folder, Folder} | lists:keydelete(folder, 1, Config)].

end_per_testcase(_Case, _Config) -> test_vm:kill_all().

%% Readiness

ready_waits_for_health(Config) ->
    Endpoint = test_endpoint:start(503),
    Vm = start(Config, health(Endpoint)),
    Starting = #{<<"state">> => <<"starting">>, <<"ready">> => false},
    Status = test_vm:await_status(Starting, Vm, ?PATIENCE),
    ?assertMatch(#{<<"version">> := <<"0.1.0">>, <<"peers">> := 0, <<"missing">> := []}, Status),
    ?assertNot(test_vm:hears(<<"READY=1">>, Vm, 1500)),
    ?assert(test_endpoint:asked(Endpoint) > 1),
    ok = test_endpoint:answer(Endpoint, 204),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE).

ready_waits_for_applications(Config) ->
    Endpoint = test_endpoint:start(200),
    Vm = start(Config, [{"LATE", "1500"} | health(Endpoint)]),
    _ = test_vm:await_status(#{<<"state">> => <<"starting">>}, Vm, ?PATIENCE),
    ?assertNot(test_vm:hears(<<"READY=1">>, Vm, 1200)),
    ?assertEqual(0, test_endpoint:asked(Endpoint)),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE).

watchdog_follows_health(Config) ->
    Endpoint = test_endpoint:start(200),
    Vm = start(Config, [{"WATCHDOG_USEC", "600000"} | health(Endpoint)]),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    [?assert(test_vm:hears(<<"WATCHDOG=1">>, Vm, ?PATIENCE)) || _ <- lists:seq(1, 3)],
    ok = test_endpoint:answer(Endpoint, 500),
    Unhealthy = #{<<"state">> => <<"unhealthy">>, <<"ready">> => false},
    _ = test_vm:await_status(Unhealthy, Vm, ?PATIENCE),
    ?assertNot(test_vm:hears(<<"WATCHDOG=1">>, Vm, ?SECOND)),
    ok = test_endpoint:answer(Endpoint, 200),
    _ = test_vm:await_status(?READY, Vm, ?PATIENCE),
    ?assert(test_vm:hears(<<"WATCHDOG=1">>, Vm, ?PATIENCE)).

%% A port whose connections wait in the kernel's backlog and are never answered.
hanging_service_is_unhealthy(Config) ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {backlog, 128}]),
    {ok, Port} = inet:port(Listener),
    Url = lists:concat(["127.0.0.1:", Port]),
    Hanging = start(Config, [{"BEAMWRIGHT_HEALTH", "http://" ++ Url}, {"BEAMWRIGHT_HEALTH_TIMEOUT", "0.3"}]),
    _ = test_vm:await_status(#{<<"state">> => <<"starting">>}, Hanging, ?PATIENCE),
    ?assertNot(test_vm:hears(<<"READY=1">>, Hanging, 2 * ?SECOND)),
    Connecting = start(Config, [{"BEAMWRIGHT_HEALTH", "tcp://" ++ Url}]),
    ok = test_vm:await(<<"READY=1">>, Connecting, ?PATIENCE).

%% As in `docker run image': no name, no credentials.
runs_alone(Config) ->
    Vm = test_vm:start(boot(Config), []),
    Status = test_vm:await_status(?READY, Vm, ?PATIENCE),
    ?assertMatch(#{<<"node">> := <<"nonode@nohost">>}, Status),
    ok = test_vm:signal("TERM", Vm),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

%% Peers

nodes_join_and_rejoin(Config) ->
    Epmd = test_vm:free_port(),
    Ports = #{N => test_vm:free_port() || N <- [1, 2, 3]},
    Start = fun(N) ->
        start(Config, [{"ERL_EPMD_PORT", integer_to_list(Epmd)} | node_environment(Config, N, Ports)])
    end,
    [A, B, C] = [Start(N) || N <- [1, 2, 3]],
    Whole = #{<<"peers">> => 2, <<"expected">> => 2, <<"missing">> => []},
    [test_vm:await_status(Whole, Vm, ?PATIENCE) || Vm <- [A, B, C]],
    %% only on the address that it was told
    ?assertMatch({error, econnrefused}, gen_tcp:connect({127, 0, 0, 2}, maps:get(1, Ports), [])),
    ok = test_vm:signal("KILL", C),
    Without = #{<<"peers">> => 1, <<"missing">> => [<<"n3@local">>], <<"ready">> => true},
    [test_vm:await_status(Without, Vm, ?PATIENCE) || Vm <- [A, B]],
    Again = Start(3),
    [test_vm:await_status(Whole, Vm, ?PATIENCE) || Vm <- [A, B, Again]],
    ?assertMatch({error, econnrefused}, gen_tcp:connect({127, 0, 0, 1}, Epmd, [])).

applications_start_among_their_peers(Config) ->
    Ports = #{N => test_vm:free_port() || N <- [1, 2]},
    ok = test_vm:await(<<"READY=1">>, start(Config, node_environment(Config, 1, Ports)), ?PATIENCE),
    Second = node_environment(Config, 2, Ports),
    ok = test_vm:await(<<"READY=1">>, start(Config, Second), ?PATIENCE),
    Seen = test_vm:rpc("persistent_term:get(late).", Second, folder(Config)),
    ?assertEqual({0, <<"[n1@local]\n">>, <<>>}, Seen).

%% The kernel would wait seven seconds for an answer (net_setuptime).
peers_that_hang_do_not_hold_up_the_start(Config) ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {backlog, 128}]),
    {ok, Hanging} = inet:port(Listener),
    Vm = start(Config, node_environment(Config, 1, #{1 => test_vm:free_port(), 2 => Hanging})),
    ?assert(test_vm:hears(<<"READY=1">>, Vm, 6 * ?SECOND)).

%% Stopping

sigterm_drains_then_stops(Config) ->
    Endpoint = test_endpoint:start(200),
    Vm = start(Config, [{"BEAMWRIGHT_DRAIN", "4"}, {"WATCHDOG_USEC", "600000"} | health(Endpoint)]),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    ok = test_vm:signal("TERM", Vm),
    ok = test_vm:await(<<"STOPPING=1">>, Vm, ?PATIENCE),
    %% the service refuses work now, on purpose
    ok = test_endpoint:answer(Endpoint, 503),
    ok = test_vm:signal("TERM", Vm),
    ?assertNot(test_vm:hears(<<"STOPPING=1">>, Vm, ?SECOND)),
    ?assert(test_vm:hears(<<"WATCHDOG=1">>, Vm, 2 * ?SECOND)),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

sigterm_stops_a_starting_node_at_once(Config) ->
    Endpoint = test_endpoint:start(503),
    Vm = start(Config, [{"BEAMWRIGHT_DRAIN", "60"} | health(Endpoint)]),
    _ = test_vm:await_status(#{<<"state">> => <<"starting">>}, Vm, ?PATIENCE),
    timer:sleep(500),
    ok = test_vm:signal("TERM", Vm),
    _ = test_vm:await_status(#{<<"state">> => <<"draining">>, <<"ready">> => false}, Vm, ?PATIENCE),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

%% The best of some: a busy machine may take its time.
what_is_printed_last_is_printed_and_not_slept_upon(Config) ->
    Stop = fun(_) ->
        Vm = start(Config, []),
        ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
        ok = test_vm:signal("TERM", Vm),
        {Microseconds, {0, Printed}} = timer:tc(fun() -> test_vm:exited(Vm, ?PATIENCE) end),
        ?assertNotEqual(nomatch, binary:match(Printed, <<"late has stopped">>)),
        Microseconds div 1000
    end,
    ?assert(lists:min(lists:map(Stop, lists:seq(1, 3))) < ?SECOND).

other_signals_keep_their_effect(Config) ->
    Vm = start(Config, [{"BEAMWRIGHT_DRAIN", "60"}]),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    ok = test_vm:signal("QUIT", Vm),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

%% Failing closed

fails_without_a_good_cookie(Config) ->
    Folder = proplists:get_value(folder, Config),
    Ports = #{1 => test_vm:free_port()},
    Secret = <<"short-cookie">>,
    Short = {Secret, <<"has fewer than 32 characters">>},
    Cases = [Short, {<<>>, <<"is empty">>}, {none, <<"no cookie in">>}],
    [
        begin
            Path = filename:join(Folder, "cookie"),
            _ = file:delete(Path),
            _ = Content =:= none orelse file:write_file(Path, Content),
            Vm = start(Config, node_environment(Config, 1, Ports)),
            {Code, Printed} = test_vm:exited(Vm, ?PATIENCE),
            ?assertNotEqual(0, Code),
            ?assertNotEqual(nomatch, binary:match(Printed, <<"beamwright_node: ">>)),
            ?assertNotEqual(nomatch, binary:match(Printed, Complaint)),
            ?assertEqual(nomatch, binary:match(Printed, Secret))
        end
     || {Content, Complaint} <- Cases
    ].

fails_when_the_port_is_taken(Config) ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listener),
    Vm = start(Config, node_environment(Config, 1, #{1 => Port})),
    {Code, Printed} = test_vm:exited(Vm, ?PATIENCE),
    ?assertNotEqual(0, Code),
    ?assertNotEqual(nomatch, binary:match(Printed, <<"can't listen as n1@local">>)).

%% rpc

rpc_evaluates(Config) ->
    {Vm, Environment} = one_node(Config),
    Run = fun(Input) -> test_vm:rpc(Input, Environment, folder(Config)) end,
    ?assertEqual({0, <<"n1@local\n">>, <<>>}, Run("node()")),
    Print = "io:format(\"two\\nlines ~ts\\n\", [[233]]).",
    ?assertEqual({0, <<"two\nlines é\nok\n"/utf8>>, <<>>}, Run(Print)),
    ?assertMatch({0, <<"#{", _/binary>>, <<>>}, Run("beamwright_node:status().")),
    ?assertEqual({0, <<"true\n">>, <<>>}, Run("beamwright_node:ready().")),
    ?assertEqual({0, <<"ok\n">>, <<>>}, Run("beamwright_node:drain().")),
    ?assertEqual({0, <<"false\n">>, <<>>}, Run("beamwright_node:ready().")),
    _ = test_vm:await_status(#{<<"state">> => <<"draining">>}, Vm, ?PATIENCE),
    ?assertEqual({0, <<"ok\n">>, <<>>}, Run("beamwright_node:stop().")),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

rpc_tells_failures_apart(Config) ->
    {_Vm, Environment} = one_node(Config),
    Run = fun(Input, More) -> test_vm:rpc(Input, Environment ++ More, folder(Config)) end,
    ?assertMatch({1, <<>>, <<"exception error: no match", _/binary>>}, Run("1 = 2", [])),
    ?assertMatch({1, <<>>, <<"syntax error", _/binary>>}, Run("foo(", [])),
    Patience = [{"BEAMWRIGHT_RPC_TIMEOUT", "0.2"}],
    ?assertEqual({1, <<>>, <<"no value after 200 ms\n">>}, Run("timer:sleep(60000)", Patience)),
    Gone = [{"BEAMWRIGHT_PEERS", "n9@local=127.0.0.1:1"}, {"BEAMWRIGHT_TARGET", "n9@local"}],
    ?assertEqual({4, <<>>, <<"n9@local can't be reached\n">>}, Run("node()", Gone)),
    Unknown = [{"BEAMWRIGHT_TARGET", "n8@local"}],
    ?assertEqual({4, <<>>, <<"n8@local can't be reached\n">>}, Run("node()", Unknown)),
    NoCookie = [{"CREDENTIALS_DIRECTORY", "/nonexistent"}],
    ?assertMatch({1, <<>>, <<"no cookie in /nonexistent", _/binary>>}, Run("node()", NoCookie)).

%% Every helper's name stays an atom in the node.
rpc_names_are_bounded(Config) ->
    {_Vm, Environment} = one_node(Config),
    {0, Names, <<>>} = test_vm:rpc("nodes(hidden).", Environment, folder(Config)),
    ?assertMatch({match, _}, re:run(Names, "^\\['rpc-([1-9]|[1-5][0-9]|6[0-4])@local'\\]\n$")).

rpc_reaches_long_names(Config) ->
    Name = {"BEAMWRIGHT_NODE", "n1@local.example"},
    Environment = node_environment(Config, 1, #{1 => test_vm:free_port()}) ++ [Name],
    Vm = start(Config, Environment),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    ?assertEqual({0, <<"'n1@local.example'\n">>, <<>>}, test_vm:rpc("node()", Environment, folder(Config))).

console_is_a_shell_on_the_node(Config) ->
    {_Vm, Environment} = one_node(Config),
    {0, Printed, <<>>} = test_vm:console("{here, node()}.\n", Environment, folder(Config)),
    ?assertNotEqual(nomatch, binary:match(Printed, <<"(n1@local)1> {here,n1@local}">>)),
    Unknown = Environment ++ [{"BEAMWRIGHT_TARGET", "n8@local"}],
    ?assertMatch({4, <<>>, <<"n8@local can't be reached\n">>}, test_vm:console("", Unknown, folder(Config))).

rpc_speaks_elixir(Config) ->
    case os:find_executable("elixir") of
        false -> {skip, "no Elixir here"};
        _ -> rpc_speaks_elixir_from(string:trim(os:cmd("elixir -e 'IO.puts :code.lib_dir(:elixir)'")), Config)
    end.

rpc_speaks_elixir_from(Elixir, Config) ->
    Environment = node_environment(Config, 1, #{1 => test_vm:free_port()}),
    Paths = [filename:join(Elixir, Folder) || Folder <- ["ebin", "../logger/ebin"]],
    Extra = ["-mode", "interactive", "-pa"] ++ Paths ++ ["-s", "application", "ensure_all_started", "elixir"],
    Vm = test_vm:start(boot(Config), Environment, Extra),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    Run = fun(Input) -> test_vm:rpc(Input, Environment, folder(Config)) end,
    ?assertEqual({0, <<"[2, 4]\n">>, <<>>}, Run("Enum.map([1, 2], & &1 * 2)")),
    ?assertMatch({1, <<>>, <<"undefined variable \"nope\"\n** (CompileError)", _/binary>>}, Run("nope + 1")),
    ?assertMatch({1, <<>>, <<"** (RuntimeError) oh", _/binary>>}, Run("raise \"oh\"")).

%% By hand

nodes_by_hand_find_each_other(Config) ->
    [A, B] = [by_hand(Config, Name) || Name <- ["a@local", "b@local"]],
    [ok = test_vm:await(<<"READY=1">>, start(Config, Environment), ?PATIENCE) || Environment <- [A, B]],
    Ping = test_vm:hand("rpc", ["net_adm:ping('b@local')"], A, folder(Config)),
    ?assertEqual({0, <<"pong\n">>, <<>>}, Ping),
    {Code, Printed} = test_vm:exited(start(Config, A), ?PATIENCE),
    ?assertNotEqual(0, Code),
    ?assertNotEqual(nomatch, binary:match(Printed, <<"its port or its name is taken">>)),
    %% who has another cookie stays outside, and nobody's home was written to
    Stranger = [{"RELEASE_COOKIE", "other"} | lists:keydelete("RELEASE_COOKIE", 1, A)],
    ?assertMatch({1, <<>>, <<"a@local can't be reached\n">>}, test_vm:hand("ping", [], Stranger, folder(Config))),
    ?assertMatch({ok, [_Registry]}, file:list_dir(filename:join(folder(Config), "home"))).

commands_by_hand(Config) ->
    Environment = by_hand(Config, "a@local"),
    Run = fun(Command, Arguments) -> test_vm:hand(Command, Arguments, Environment, folder(Config)) end,
    ?assertEqual({1, <<>>, <<"a@local can't be reached\n">>}, Run("ping", [])),
    Vm = start(Config, [{"LATE", "1000"} | Environment]),
    _ = test_vm:await_status(#{<<"state">> => <<"starting">>}, Vm, ?PATIENCE),
    ?assertEqual({0, <<>>, <<>>}, Run("await", [])),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    ?assertEqual({0, <<"pong\n">>, <<>>}, Run("ping", [])),
    ?assertEqual({0, <<"{\"\x{fc}\",a@local}\n"/utf8>>, <<>>}, Run("rpc", ["{[252], node()}"])),
    ?assertMatch({1, <<>>, <<"exception error", _/binary>>}, Run("rpc", ["1 = 2"])),
    ?assertEqual({0, <<"[\"b c\"]\n">>, <<>>}, Run("eval", ["tl(init:get_plain_arguments())", "b c"])),
    ?assertEqual({0, <<>>, <<>>}, Run("restart", [])),
    ?assertEqual({0, <<"pong\n">>, <<>>}, Run("ping", [])),
    ok = test_vm:signal("TERM", Vm),
    ?assertMatch({0, _}, test_vm:exited(Vm, ?PATIENCE)).

%% Internal

boot(Config) -> proplists:get_value(boot, Config).

folder(Config) -> proplists:get_value(folder, Config).

start(Config, Environment) ->
    Common = [{"BEAMWRIGHT_HEALTH_INTERVAL", "0.2"}, {"RELEASE_VSN", "0.1.0"}],
    test_vm:start(boot(Config), Common ++ Environment).

health(Endpoint) -> [{"BEAMWRIGHT_HEALTH", test_endpoint:url(Endpoint)}].

one_node(Config) ->
    Environment = node_environment(Config, 1, #{1 => test_vm:free_port()}),
    Vm = start(Config, Environment),
    ok = test_vm:await(<<"READY=1">>, Vm, ?PATIENCE),
    {Vm, Environment}.

%% The environment file of node N among nodes at these ports.
node_environment(Config, N, Ports) ->
    Home = filename:join(folder(Config), "home" ++ integer_to_list(N)),
    ok = filelib:ensure_path(Home),
    Peers = [io_lib:format("~s=127.0.0.1:~b", [name(P), Port]) || P := Port <- maps:remove(N, Ports)],
    [
        {"HOME", Home},
        {"CREDENTIALS_DIRECTORY", folder(Config)},
        {"BEAMWRIGHT_NODE", name(N)},
        {"BEAMWRIGHT_DIST_ADDRESS", "127.0.0.1"},
        {"BEAMWRIGHT_DIST_PORT", integer_to_list(maps:get(N, Ports))},
        {"BEAMWRIGHT_PEERS", lists:flatten(lists:join($,, Peers))}
    ].

%% As bin/NAME makes it.
by_hand(Config, Name) ->
    Registry = filename:join([folder(Config), "home", "registry"]),
    ok = filelib:ensure_path(Registry),
    [
        {"HOME", filename:dirname(Registry)},
        {"BEAMWRIGHT_NODE", Name},
        {"BEAMWRIGHT_DIST_ADDRESS", "127.0.0.1"},
        {"BEAMWRIGHT_REGISTRY", Registry},
        {"BEAMWRIGHT_RPC_TIMEOUT", "infinity"},
        {"BEAMWRIGHT_COOKIE", "env:RELEASE_COOKIE"},
        {"RELEASE_COOKIE", "chosen"}
    ].

name(N) -> lists:concat(["n", N, "@local"]).
