%% A name server that says where server.test is, and a TLS server there.
-module(probe_server).
-export([serve/0]).

serve() ->
    {ok, Names} = gen_udp:open(53, [binary, {active, false}]),
    {ok, Listener} = ssl:listen(4443, [{certfile, "/cert.pem"}, {keyfile, "/key.pem"}, {reuseaddr, true}]),
    spawn_link(fun() -> accept(Listener) end),
    io:format("serving~n"),
    answer(Names, address()).

address() ->
    {ok, Interfaces} = inet:getifaddrs(),
    [Address | _] = [Each || {_, Options} <- Interfaces, {addr, {A, _, _, _} = Each} <- Options, A =/= 127],
    list_to_binary(tuple_to_list(Address)).

accept(Listener) ->
    {ok, Socket} = ssl:transport_accept(Listener),
    _ = ssl:handshake(Socket, 5000),
    accept(Listener).

%% RFC 1035, 4.1: a record for questions of type A, none for others.
answer(Names, Address) ->
    {ok, {From, Port, <<Id:16, _:80, Rest/binary>>}} = gen_udp:recv(Names, 0),
    [Name | _] = binary:split(Rest, <<0>>),
    Size = byte_size(Name) + 1,
    <<Question:(Size + 4)/binary, _/binary>> = Rest,
    <<_:Size/binary, Type:16, _:16>> = Question,
    Records = [<<16#C00C:16, 1:16, 1:16, 60:32, 4:16, Address/binary>> || Type =:= 1],
    Head = <<Id:16, 16#8180:16, 1:16, (length(Records)):16, 0:32>>,
    ok = gen_udp:send(Names, From, Port, [Head, Question | Records]),
    answer(Names, Address).
