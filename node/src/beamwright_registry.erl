%% @doc Where the nodes of one host listen, when nothing declares it: a folder instead of a daemon.
%%
%% Nodes that run by hand take any free port and leave address, port and process id in a file that is
%% named as they are; bin/NAME reads it too. The
%% folder is its owner's alone, as are the nodes. A file that outlives its node does no harm: nobody
%% listens at that port, or nobody who knows the cookie.
-module(beamwright_registry).

-export([enter/3, find/2, all/1]).

-type address() :: {inet:ip_address(), inet:port_number()}.

%% @doc Leaves the address of this node, unless a node of this name runs.
%%
%% The calling process holds the name for as long as it lives.
-spec enter(file:filename(), string(), address()) -> ok | {error, duplicate_name}.
enter(Folder, Node, {IP, Port}) ->
    Path = filename:join(Folder, Node),
    case claim(Path) of
        ok ->
            New = Path ++ ".new",
            ok = file:write_file(New, io_lib:format("~s ~b ~s~n", [inet:ntoa(IP), Port, os:getpid()])),
            file:rename(New, Path);
        taken ->
            {error, duplicate_name}
    end.

-spec find(file:filename(), string()) -> address() | undefined.
find(Folder, Node) ->
    case file:read_file(filename:join(Folder, Node)) of
        {ok, Line} ->
            [IP, Port, _Pid] = string:lexemes(binary_to_list(Line), " \n"),
            {ok, Parsed} = inet:parse_address(IP),
            {Parsed, list_to_integer(Port)};
        {error, _} ->
            undefined
    end.

%% @doc All who ever left their address here.
-spec all(file:filename()) -> #{Node :: string() => address()}.
all(Folder) ->
    {ok, Names} = file:list_dir(Folder),
    #{Name => find(Folder, Name) || Name <- Names, filename:extension(Name) =/= ".new"}.

%% Internal

%% An abstract unix socket is the lock: the kernel frees it when the VM ends, however it ends. Its name
%% has 107 bytes at most, so it is a digest of the path.
claim(Path) ->
    Digest = binary:encode_hex(erlang:md5(unicode:characters_to_binary(Path))),
    case gen_tcp:listen(0, [{ifaddr, {local, <<0, "beamwright-node-", Digest/binary>>}}]) of
        {ok, _Socket} -> ok;
        {error, eaddrinuse} -> taken
    end.
