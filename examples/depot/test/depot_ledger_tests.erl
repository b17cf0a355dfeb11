-module(depot_ledger_tests).
-include_lib("eunit/include/eunit.hrl").

-define(FLAGS, ["-kernel", "prevent_overlapping_partitions", "false"]).

%% Nodes are halted here, not stopped: what was acknowledged is on another node already.
a_killed_node_loses_no_acknowledged_raise_test_() ->
    {timeout, 60, fun() ->
        A = start_node(depot_a, []),
        B = start_node(depot_b, ['depot_a@127.0.0.1']),
        raise(A, 10),
        raise(B, 5),
        ok = peer:stop(A),
        ?assertEqual(15, peer:call(B, depot_ledger, value, [])),
        raise(B, 1),
        Again = start_node(depot_a, ['depot_b@127.0.0.1']),
        ?assertEqual(16, peer:call(Again, depot_ledger, value, [])),
        raise(Again, 4),
        ok = peer:stop(B),
        ?assertEqual(20, peer:call(Again, depot_ledger, value, [])),
        ok = peer:stop(Again)
    end}.

nodes_that_counted_apart_agree_when_they_meet_test_() ->
    {timeout, 60, fun() ->
        A = start_node(depot_a, []),
        B = start_node(depot_b, []),
        raise(A, 3),
        raise(B, 4),
        true = peer:call(A, net_kernel, connect_node, ['depot_b@127.0.0.1']),
        ?assert(eventually(fun() -> [7, 7] =:= [peer:call(P, depot_ledger, value, []) || P <- [A, B]] end)),
        [ok = peer:stop(P) || P <- [A, B]]
    end}.

raise(Peer, Times) ->
    [{ok, _} = peer:call(Peer, depot_counter, raise, []) || _ <- lists:seq(1, Times)].

start_node(Name, Peers) ->
    {ok, Peer, _Node} = peer:start(#{
        name => Name, host => "127.0.0.1", longnames => true, args => ?FLAGS, connection => standard_io
    }),
    ok = peer:call(Peer, code, add_paths, [code:get_path()]),
    [true = peer:call(Peer, net_kernel, connect_node, [Node]) || Node <- Peers],
    ok = peer:call(Peer, application, load, [depot]),
    ok = peer:call(Peer, application, set_env, [depot, http_port, 0]),
    {ok, _} = peer:call(Peer, application, ensure_all_started, [depot]),
    Peer.

eventually(Condition) ->
    lists:any(fun(_) -> Condition() orelse (timer:sleep(20) =/= ok) end, lists:seq(1, 100)).
