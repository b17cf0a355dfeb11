-module(beamwright_status_tests).
-include_lib("eunit/include/eunit.hrl").

status() -> #{
    node => 'courier1@ams1',
    version => <<"0.1.0">>,
    state => ready,
    ready => true,
    peers => 1,
    expected => 2,
    missing => ['courier2@ams1']
}.

encode_test() ->
    ?assertEqual(
        <<"{\"node\":\"courier1@ams1\",\"version\":\"0.1.0\",\"state\":\"ready\",\"ready\":true,"
            "\"peers\":1,\"expected\":2,\"missing\":[\"courier2@ams1\"]}">>,
        beamwright_status:encode(status())
    ).

encode_escapes_test() ->
    Version = <<"\"\\\n", "é"/utf8>>,
    Decoded = json:decode(beamwright_status:encode((status())#{version := Version})),
    ?assertMatch(#{<<"version">> := Version}, Decoded).

encode_stays_small_test() ->
    Domain = "@host-in-a-rather-long-domain",
    Many = [list_to_atom(lists:concat(["courier", N, Domain])) || N <- lists:seq(1, 200)],
    Encoded = beamwright_status:encode((status())#{missing := Many, expected := 201}),
    #{<<"missing">> := Named, <<"expected">> := 201} = json:decode(Encoded),
    ?assert(byte_size(Encoded) < 1500),
    ?assert(length(Named) > 10),
    ?assertEqual(lists:sublist([atom_to_binary(N) || N <- Many], length(Named)), Named).
