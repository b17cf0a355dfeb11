-module(beamwright_epmd_tests).
-include_lib("eunit/include/eunit.hrl").

node_test_() ->
    Variables = [
        {"BEAMWRIGHT_NODE", "courier1@ams1"},
        {"BEAMWRIGHT_DIST_PORT", "9101"},
        {"BEAMWRIGHT_DIST_ADDRESS", "10.0.0.1"},
        {"BEAMWRIGHT_PEERS", "courier2@ams1=10.0.0.1:9102,courier1@ams2=10.0.0.2:9101"}
    ],
    {setup, fun() -> set(Variables) end, fun unset/1, [
        ?_assertEqual(ignore, beamwright_epmd:start_link()),
        %% a VM that would listen without a cookie doesn't
        ?_assertError({beamwright_node, _}, beamwright_epmd:register_node("courier1", 9101, inet)),
        %% the kernel passes the name as an atom here and as a string elsewhere
        ?_assertEqual({ok, 9101}, beamwright_epmd:listen_port_please(courier1, "ams1")),
        ?_assertEqual({ok, 0}, beamwright_epmd:listen_port_please('rpc-1', "ams1")),
        ?_assertEqual(
            {ok, {10, 0, 0, 1}, 9101, 6}, beamwright_epmd:address_please("courier1", "ams1", inet)
        ),
        ?_assertEqual(
            {ok, {10, 0, 0, 2}, 9101, 6}, beamwright_epmd:address_please("courier1", "ams2", inet)
        ),
        ?_assertEqual({error, nxdomain}, beamwright_epmd:address_please("courier9", "ams1", inet)),
        ?_assertEqual({port, 9102, 6}, beamwright_epmd:port_please("courier2", "ams1")),
        ?_assertEqual(noport, beamwright_epmd:port_please("courier2", {10, 0, 0, 1})),
        ?_assertEqual(
            {ok, [{"courier1", 9101}, {"courier2", 9102}]}, beamwright_epmd:names("ams1")
        ),
        ?_assertEqual({ok, []}, beamwright_epmd:names(localhost)),
        ?_assertEqual({error, address}, beamwright_epmd:names({10, 0, 0, 1}))
    ]}.

listening_everywhere_is_reached_by_loopback_test_() ->
    Variables = [{"BEAMWRIGHT_NODE", "courier1@ams1"}, {"BEAMWRIGHT_DIST_PORT", "9101"}],
    {setup, fun() -> set(Variables) end, fun unset/1, [
        ?_assertEqual(
            {ok, {127, 0, 0, 1}, 9101, 6}, beamwright_epmd:address_please("courier1", "ams1", inet)
        )
    ]}.

alone_test_() ->
    [
        ?_assertEqual({ok, 0}, beamwright_epmd:listen_port_please(courier1, "ams1")),
        ?_assertEqual({error, nxdomain}, beamwright_epmd:address_please("courier1", "ams1", inet))
    ].

set(Variables) ->
    [os:putenv(Name, Value) || {Name, Value} <- Variables],
    Variables.

unset(Variables) -> [os:unsetenv(Name) || {Name, _Value} <- Variables].
