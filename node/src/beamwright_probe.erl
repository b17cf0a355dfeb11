%% @doc One look at whether the node's own service answers.
%%
%% HTTP by gen_tcp: a status line is all that is needed, and inets need not be in every release.
-module(beamwright_probe).

-export([parse/1, run/2]).
-export_type([probe/0, result/0]).

-type probe() ::
    none
    | {call, module(), Function :: atom()}
    | {tcp, beamwright_environment:host(), inet:port_number()}
    | {http, beamwright_environment:host(), inet:port_number(), Request :: iodata()}.
-type result() :: ok | {error, term()}.

%% @doc `http://host:port/path', `tcp://host:port', `call:module:function' or nothing.
-spec parse(string()) -> probe().
parse("") ->
    none;
parse("call:" ++ Text) ->
    [[_ | _] = Module, [_ | _] = Function] = string:split(Text, ":", trailing),
    {call, list_to_atom(Module), list_to_atom(Function)};
parse(Url) ->
    case uri_string:parse(Url) of
        #{scheme := "tcp", host := Host, port := Port} ->
            {tcp, beamwright_environment:parse_host(Host), Port};
        #{scheme := "http", host := Host} = Parts ->
            {http, beamwright_environment:parse_host(Host), maps:get(port, Parts, 80), request(Parts)}
    end.

%% @doc Connects, and asks where HTTP is spoken: any 2xx is well. Milliseconds for each step.
%%
%% A function is well when it gives `ok', `{ok, _}' or `true'; who runs it sees to its end in time.
-spec run(probe(), timeout()) -> result().
run(none, _Timeout) ->
    ok;
run({call, Module, Function}, _Timeout) ->
    case Module:Function() of
        ok -> ok;
        true -> ok;
        {ok, _} -> ok;
        Answer -> {error, {Function, Answer}}
    end;
run({tcp, Host, Port}, Timeout) ->
    with_connection(Host, Port, Timeout, fun(_Socket) -> ok end);
run({http, Host, Port, Request}, Timeout) ->
    with_connection(Host, Port, Timeout, fun(Socket) -> ask(Socket, Request, Timeout) end).

%% Internal

request(#{host := Host} = Parts) ->
    Target = uri_string:recompose((maps:with([path, query], Parts))),
    ["GET ", absolute(Target), " HTTP/1.1\r\nHost: ", Host, "\r\nConnection: close\r\n\r\n"].

absolute([$/ | _] = Target) -> Target;
absolute(Target) -> [$/ | Target].

with_connection(Host, Port, Timeout, Use) ->
    case gen_tcp:connect(Host, Port, [binary, {active, false}, {packet, http_bin}], Timeout) of
        {ok, Socket} ->
            try
                Use(Socket)
            after
                gen_tcp:close(Socket)
            end;
        Error ->
            Error
    end.

ask(Socket, Request, Timeout) ->
    case gen_tcp:send(Socket, Request) of
        ok -> judge(gen_tcp:recv(Socket, 0, Timeout));
        Error -> Error
    end.

judge({ok, {http_response, _Version, Status, _Phrase}}) when Status >= 200, Status < 300 -> ok;
judge({ok, {http_response, _Version, Status, _Phrase}}) -> {error, {http_status, Status}};
judge({ok, _NotHttp}) -> {error, no_http_answer};
judge({error, Reason}) -> {error, Reason}.
