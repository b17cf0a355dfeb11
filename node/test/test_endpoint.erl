%% An HTTP endpoint whose answer the test sets: what BEAMWRIGHT_HEALTH asks.
-module(test_endpoint).

-export([start/1, answer/2, url/1, asked/1]).

start(Status) ->
    Cells = atomics:new(2, []),
    ok = atomics:put(Cells, 1, Status),
    {ok, Listener} = gen_tcp:listen(0, [binary, {active, false}, {ip, {127, 0, 0, 1}}]),
    _ = spawn_link(fun() -> serve(Listener, Cells) end),
    {ok, Port} = inet:port(Listener),
    #{port => Port, cells => Cells, listener => Listener}.

answer(#{cells := Cells}, Status) -> atomics:put(Cells, 1, Status).

%% How often it was asked.
asked(#{cells := Cells}) -> atomics:get(Cells, 2).

url(#{port := Port}) -> lists:concat(["http://127.0.0.1:", Port, "/healthz"]).

serve(Listener, Cells) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    {ok, <<"GET /healthz HTTP/1.1\r\n", _/binary>>} = gen_tcp:recv(Socket, 0),
    ok = atomics:add(Cells, 2, 1),
    Status = integer_to_binary(atomics:get(Cells, 1)),
    _ = gen_tcp:send(Socket, ["HTTP/1.1 ", Status, " Whatever\r\nContent-Length: 0\r\n\r\n"]),
    ok = gen_tcp:close(Socket),
    serve(Listener, Cells).
