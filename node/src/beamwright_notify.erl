%% @doc Speaks to the service manager: sd_notify(3) over a unix datagram socket.
-module(beamwright_notify).

-export([send/1, address/1]).

-type field() ::
    ready | stopping | watchdog | {status, unicode:chardata()}.

%% @doc One datagram with all fields; silent when no service manager listens.
-spec send([field()]) -> ok.
send([]) ->
    ok;
send(Fields) ->
    case os:getenv("NOTIFY_SOCKET", "") of
        "" -> ok;
        Path -> deliver(address(Path), lists:join($\n, [line(Field) || Field <- Fields]))
    end.

%% @doc A leading `@' means Linux's abstract namespace, whose names begin with a zero byte.
-spec address(string()) -> {local, binary()}.
address([$@ | Name]) -> {local, unicode:characters_to_binary([0 | Name])};
address(Path) -> {local, unicode:characters_to_binary(Path)}.

line(ready) -> "READY=1";
line(stopping) -> "STOPPING=1";
line(watchdog) -> "WATCHDOG=1";
line({status, Text}) -> ["STATUS=", unicode:characters_to_binary(Text)].

%% A socket for each message: they are few, and there is no state that could go stale.
deliver(Address, Message) ->
    {ok, Socket} = gen_udp:open(0, [local]),
    Sent = gen_udp:send(Socket, Address, 0, Message),
    ok = gen_udp:close(Socket),
    case Sent of
        ok -> ok;
        {error, Reason} -> logger:warning("the service manager can't be told: ~p", [Reason])
    end.
