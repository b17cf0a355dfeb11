-module(beamwright_cookie_tests).
-include_lib("eunit/include/eunit.hrl").

check_test_() ->
    Good = binary:copy(<<"a">>, 32),
    [
        ?_assertEqual({ok, Good}, beamwright_cookie:check(Good)),
        ?_assertEqual({ok, Good}, beamwright_cookie:check(<<Good/binary, "\n">>)),
        ?_assertEqual({error, "is empty"}, beamwright_cookie:check(<<"\n">>)),
        ?_assertMatch({error, "has fewer" ++ _}, beamwright_cookie:check(binary:part(Good, 0, 31))),
        ?_assertMatch({error, "has more" ++ _}, beamwright_cookie:check(binary:copy(<<"a">>, 256))),
        ?_assertMatch({error, "has spaces" ++ _}, beamwright_cookie:check(<<Good/binary, " b">>)),
        ?_assertMatch({error, "has spaces" ++ _}, beamwright_cookie:check(<<Good/binary, 200>>))
    ].
