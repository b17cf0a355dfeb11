-module(depot_web_tests).
-include_lib("eunit/include/eunit.hrl").

web_test_() ->
    {setup, fun start/0, fun stop/1, [
        fun healthz_follows_the_counter/0,
        fun healthz_is_off_while_beamwright_drains_the_node/0,
        fun version_names_the_running_code/0,
        fun the_counter_is_raised_and_read/0,
        fun without_rabbitmq_parcels_are_refused/0,
        fun other_methods_are_refused/0
    ]}.

start() ->
    application:load(depot),
    application:set_env(depot, http_port, 0),
    {ok, _} = application:ensure_all_started([inets, depot]).

stop(_) ->
    ok = application:stop(depot).

healthz_follows_the_counter() ->
    ?assertMatch({200, #{~"status" := ~"ok"}}, request(get, "/healthz")),
    ok = sys:suspend(depot_counter),
    ?assertMatch({503, #{~"status" := ~"stuck"}}, request(get, "/healthz")),
    ok = sys:resume(depot_counter).

healthz_is_off_while_beamwright_drains_the_node() ->
    {ok, Node, Beam} = compile:forms([
        {attribute, 1, module, beamwright_node},
        {attribute, 1, export, [{ready, 0}]},
        {function, 1, ready, 0, [{clause, 1, [], [], [{atom, 1, false}]}]}
    ]),
    {module, Node} = code:load_binary(Node, "fake", Beam),
    ?assertMatch({503, #{~"status" := ~"draining"}}, request(get, "/healthz")),
    true = code:delete(Node),
    code:purge(Node).

version_names_the_running_code() ->
    {ok, Vsn} = application:get_key(depot, vsn),
    Version = list_to_binary(Vsn),
    ?assertMatch(
        {200, #{~"name" := ~"depot", ~"vsn" := Version, ~"code" := Version}},
        request(get, "/version")
    ).

the_counter_is_raised_and_read() ->
    {200, #{~"value" := Before}} = request(get, "/counter"),
    ?assertEqual({200, #{~"value" => Before + 1}}, request(post, "/counter")),
    ?assertEqual({200, #{~"value" => Before + 1}}, request(get, "/counter")).

without_rabbitmq_parcels_are_refused() ->
    ?assertMatch({200, #{~"connected" := false, ~"published" := 0}}, request(get, "/parcels")),
    ?assertMatch({503, #{~"error" := ~"not_connected"}}, request(post, "/parcels")).

other_methods_are_refused() ->
    ?assertMatch({405, _}, request(delete, "/counter")).

request(Method, Path) ->
    Url = io_lib:format("http://127.0.0.1:~b~s", [ranch:get_port(depot_web), Path]),
    Request =
        case Method of
            post -> {Url, [], "text/plain", ""};
            _ -> {Url, []}
        end,
    {ok, {{_, Status, _}, _, Body}} = httpc:request(Method, Request, [], [{body_format, binary}]),
    {Status, json:decode(Body)}.
