%% What works in a tree: each value is what a test expects to be told.
-module(probe).
-export([look/0, connect/0]).
-probe([attributes, stay]).

look() ->
    #{nif => probe_nif:root(2.25),
      port => port(),
      shell => shell(),
      noon => list_to_binary(io_lib:format("~p", [erlang:universaltime_to_localtime({{2026, 7, 1}, {12, 0, 0}})])),
      hash => binary:encode_hex(crypto:hash(sha256, <<"abc">>), lowercase),
      authorities => length(public_key:cacerts_get()),
      attribute => proplists:get_value(probe, module_info(attributes)),
      line => line(),
      literal => byte_size(literal()),
      names => file:native_name_encoding(),
      other => other_digests(),
      second => second_node()}.

%% The program answers byte by byte, and a port may bring any part of that: only a line is whole.
port() ->
    Echo = filename:join(code:priv_dir(probe), "echo"),
    Port = open_port({spawn_executable, Echo}, [binary, exit_status, {line, 80}]),
    port_command(Port, <<"said\n">>),
    receive {Port, {data, {eol, Data}}} -> Data after 5000 -> timeout end.

%% Without one, os:cmd/1 writes to a port that is about to end, or has: it gives nothing, raises badarg, or whoever
%% called it ends with the port.
shell() ->
    Say = fun() -> try os:cmd("echo there is a shell") catch error:badarg -> "" end end,
    {_, Monitor} = spawn_monitor(fun() -> exit({said, Say()}) end),
    receive
        {'DOWN', Monitor, process, _, {said, Said}} -> list_to_binary(Said);
        {'DOWN', Monitor, process, _, epipe} -> <<>>
    end.

%% A stack trace has lines only where the chunk Line is.
line() ->
    try error(here)
    catch error:here:Trace -> proplists:is_defined(line, element(4, hd(Trace)))
    end.

literal() -> <<"a literal that is long enough to be compressed, compressed, compressed, compressed, compressed">>.

%% Modules whose digest as loaded is not the one that beam_lib finds in the file.
other_digests() ->
    [Module || {Module, File} <- code:all_loaded(), is_list(File), filename:extension(File) =:= ".beam",
               {ok, {_, Digest}} <- [beam_lib:md5(File)], Module:module_info(md5) =/= Digest].

%% Another VM of the same tree, asked over its standard input and output.
second_node() ->
    Version = os:getenv("RELEASE_VSN"),
    Arguments = ["-boot", "/app/releases/" ++ Version ++ "/start_clean", "-boot_var", "RELEASE_LIB", "/app/lib"],
    {ok, Peer, _} = peer:start(#{connection => standard_io, exec => "/app/bin/erlexec", args => Arguments}),
    peer:call(Peer, erlang, '+', [40, 2]).

%% By the resolver of libc, over TLS, against the authorities of the tree's own bundle.
connect() ->
    {ok, _} = inet:getaddr("server.test", inet),
    Options = [{verify, verify_peer}, {cacerts, public_key:cacerts_get()}],
    case ssl:connect("server.test", 4443, Options, 5000) of
        {ok, _} -> #{outcome => connected};
        {error, {tls_alert, {Alert, _}}} -> #{outcome => Alert}
    end.
