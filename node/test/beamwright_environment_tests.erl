-module(beamwright_environment_tests).
-include_lib("eunit/include/eunit.hrl").

seconds_test_() ->
    [
        ?_assertEqual(Milliseconds, beamwright_environment:parse_seconds(Text))
     || {Text, Milliseconds} <- [{"5", 5000}, {"0", 0}, {"0.25", 250}, {"1.5", 1500}]
    ].

bad_seconds_test_() ->
    [
        ?_assertError(_, beamwright_environment:parse_seconds(Text))
     || Text <- ["", "-1", "5s", "1.5s", "soon"]
    ].

addresses_test_() ->
    [
        ?_assertEqual(Addresses, beamwright_environment:parse_addresses(Text))
     || {Text, Addresses} <- [
            {"", #{}},
            {"b@h=10.0.0.1:9102", #{"b@h" => {{10, 0, 0, 1}, 9102}}},
            {"b@h=10.0.0.1:9102,c@x.org=x.org:9101", #{
                "b@h" => {{10, 0, 0, 1}, 9102}, "c@x.org" => {"x.org", 9101}
            }},
            {"b@h=::1:9102", #{"b@h" => {{0, 0, 0, 0, 0, 0, 0, 1}, 9102}}}
        ]
    ].

bad_addresses_test_() ->
    [
        ?_assertError(_, beamwright_environment:parse_addresses(Text))
     || Text <- ["b@h", "b@h=10.0.0.1", "b=10.0.0.1:9101", "@h=h:1", "b@=h:1", "b@h=h:99999", "b@h=h:x"]
    ].

name_domain_test_() ->
    [
        ?_assertEqual(shortnames, beamwright_environment:name_domain('courier1@ams1')),
        ?_assertEqual(longnames, beamwright_environment:name_domain('courier1@ams1.example.org')),
        ?_assertEqual(longnames, beamwright_environment:name_domain('courier1@10.0.0.1'))
    ].

empty_environment_test() ->
    with_environment([], fun() ->
        ?assertMatch(
            #{
                node := undefined,
                dist_address := {0, 0, 0, 0},
                peers := [],
                probe := none,
                health_interval := 5000,
                health_timeout := 3000,
                watchdog := infinity,
                drain := 0
            },
            beamwright_environment:read()
        )
    end).

names_the_bad_variable_test_() ->
    [
        {Variable, fun() ->
            with_environment([{Variable, Value}], fun() ->
                Message = try beamwright_environment:read() catch error:{beamwright_node, M} -> M end,
                ?assertEqual(Variable ++ " can't be \"" ++ Value ++ "\"", lists:flatten(Message))
            end)
        end}
     || {Variable, Value} <- [
            {"BEAMWRIGHT_NODE", "courier1"},
            {"BEAMWRIGHT_DIST_ADDRESS", "ams1"},
            {"BEAMWRIGHT_PEERS", "b@h"},
            {"BEAMWRIGHT_HEALTH", "ftp://127.0.0.1:21"},
            {"BEAMWRIGHT_DRAIN", "-1"},
            {"WATCHDOG_USEC", "x"}
        ]
    ].

with_environment(Variables, Act) ->
    [os:putenv(Name, Value) || {Name, Value} <- Variables],
    try
        Act()
    after
        [os:unsetenv(Name) || {Name, _} <- Variables]
    end.
