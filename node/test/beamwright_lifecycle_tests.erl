-module(beamwright_lifecycle_tests).
-include_lib("eunit/include/eunit.hrl").

judge_test_() ->
    Bad = {error, timeout},
    [
        {lists:flatten(io_lib:format("~p ~p", [State, Result])),
            ?_assertEqual(Next, beamwright_lifecycle:judge(State, Result))}
     || {State, Result, Next} <- [
            {starting, ok, ready},
            {starting, Bad, starting},
            {ready, ok, ready},
            {ready, Bad, unhealthy},
            {unhealthy, Bad, unhealthy},
            {unhealthy, ok, ready},
            {draining, ok, draining},
            {draining, Bad, draining}
        ]
    ].
