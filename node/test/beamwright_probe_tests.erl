-module(beamwright_probe_tests).
-include_lib("eunit/include/eunit.hrl").

parse_test_() ->
    Loopback = {127, 0, 0, 1},
    [
        ?_assertEqual(none, beamwright_probe:parse("")),
        ?_assertEqual({tcp, Loopback, 8080}, beamwright_probe:parse("tcp://127.0.0.1:8080")),
        ?_assertEqual({tcp, "db", 5432}, beamwright_probe:parse("tcp://db:5432")),
        request("http://127.0.0.1:8080/h", Loopback, 8080, "GET /h HTTP/1.1\r\nHost: 127.0.0.1\r\n"),
        request("http://web", "web", 80, "GET / HTTP/1.1\r\nHost: web\r\n"),
        request("http://web/h?deep=1", "web", 80, "GET /h?deep=1 HTTP/1.1\r\nHost: web\r\n"),
        ?_assertEqual({call, my_app, healthy}, beamwright_probe:parse("call:my_app:healthy")),
        ?_assertEqual(
            {call, 'Elixir.MyApp.Health', 'check?'}, beamwright_probe:parse("call:Elixir.MyApp.Health:check?")
        ),
        ?_assertError(_, beamwright_probe:parse("call:my_app")),
        ?_assertError(_, beamwright_probe:parse("call::healthy")),
        ?_assertError(_, beamwright_probe:parse("tcp://127.0.0.1")),
        ?_assertError(_, beamwright_probe:parse("https://127.0.0.1/")),
        ?_assertError(_, beamwright_probe:parse("127.0.0.1:8080"))
    ].

request(Url, Host, Port, Head) ->
    {Url, fun() ->
        {http, Host, Port, Request} = beamwright_probe:parse(Url),
        ?assertEqual(Head ++ "Connection: close\r\n\r\n", lists:flatten(Request))
    end}.

%% Functions of OTP that answer `ok', `{ok, _}' and something else.
call_test_() ->
    [
        ?_assertEqual(ok, beamwright_probe:run({call, io, nl}, 1000)),
        ?_assertEqual(ok, beamwright_probe:run({call, file, get_cwd}, 1000)),
        ?_assertMatch({error, {node, _}}, beamwright_probe:run({call, erlang, node}, 1000)),
        ?_assertError(undef, beamwright_probe:run({call, no_such_module, check}, 1000))
    ].
