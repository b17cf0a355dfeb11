-module(beamwright_evaluation_tests).
-include_lib("eunit/include/eunit.hrl").

erlang_test_() ->
    [
        ?_assertEqual({ok, "3"}, evaluate(<<"1 + 2">>)),
        ?_assertEqual({ok, "3"}, evaluate(<<"X = 1, X + 2.\n">>)),
        ?_assertEqual({ok, "<<\"é\"/utf8>>"}, evaluate(<<"<<\"é\"/utf8>>"/utf8>>)),
        ?_assertMatch({error, "syntax error" ++ _}, evaluate(<<"foo(">>)),
        ?_assertMatch({error, "exception error: no match" ++ _}, evaluate(<<"1 = 2">>)),
        ?_assertMatch({error, "no value after 100 ms"}, evaluate(<<"timer:sleep(9000)">>))
    ].

evaluate(Source) ->
    {Outcome, Text} = beamwright_evaluation:run(Source, 100),
    {Outcome, unicode:characters_to_list(Text)}.
